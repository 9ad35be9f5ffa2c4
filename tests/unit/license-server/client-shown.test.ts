import { describe, expect, it } from 'vitest'
import { createLicenseServerClient } from '../../../server/license-server/client.ts'
import { ACTIVATION, NONCE } from '../../support/license-calls.ts'
import { startDoor } from '../../support/vendor-door.ts'

const clientTo = (baseUrl: string) =>
  createLicenseServerClient({ baseUrl, version: '1.2.3', proxyFor: () => '', limits: { total: 40_000, connect: 20_000 } })

describe('what people are shown of a call', () => {
  const held = { lease: 'header.payload.signature', secret: 'secret-of-this-installation', nonce: NONCE, kids: ['k1'] }
  const lease = 'header.p… (24 characters)'
  const client = clientTo('https://vendor.example/base/')

  it('is the request, with the key and the lease masked and without the secret', () => {
    const url = 'https://vendor.example/base/api/v1/licenses'
    expect([
      client.activate(ACTIVATION).shown, client.checkIn({ ...held, seatsUsed: null }).shown, client.renew(held).shown, client.deactivate(held).shown,
    ]).toEqual([
      {
        method: 'POST', url: `${url}/activate`,
        body: { license_key: 'nc_••••••••0001', instance_id: 'a'.repeat(32), nonce: NONCE, version: '1.2.3', kids: ['k1', 'k2'] },
      },
      { method: 'POST', url: `${url}/check-in`, body: { lease, nonce: NONCE, version: '1.2.3', kids: ['k1'], seats_used: null } },
      { method: 'POST', url: `${url}/renew`, body: { lease, nonce: NONCE, version: '1.2.3', kids: ['k1'] } },
      { method: 'POST', url: `${url}/deactivate`, body: { lease, nonce: NONCE } },
    ])
    expect(client.host).toBe('vendor.example')
  })

  it.each([
    ['https://vendor.example:8443/base', 'vendor.example:8443'], ['http://192.0.2.1:81', '192.0.2.1:81'], ['https://[::1]:8443', '[::1]:8443'],
    ['https://vendor.example:443', 'vendor.example'],
  ])('names the license server with its port: %s', (address, host) => {
    expect(clientTo(address).host).toBe(host)
  })

  it.each([null, 0, 3])('tells how many seats are used, none apart from not told: %s', async (seatsUsed) => {
    const { url, received } = await startDoor()
    await clientTo(url).checkIn({ ...held, seatsUsed }).send()
    expect(JSON.parse(received[0]?.body ?? '{}')).toMatchObject({ seats_used: seatsUsed })
  })

  it('has the members of the body in the order in which they are sent', async () => {
    const { url, received } = await startDoor()
    const call = clientTo(url).checkIn({ ...held, seatsUsed: 3 })
    expect(received).toEqual([])
    await call.send()
    expect(Object.keys(call.shown.body ?? {})).toEqual(Object.keys(JSON.parse(received[0]?.body ?? '{}')))
  })

  it('stays the same where the call was refused or not answered', async () => {
    const refused = clientTo((await startDoor({ status: 403 })).url).activate(ACTIVATION)
    const unanswered = clientTo('http://127.0.0.1:1').activate(ACTIVATION)
    for (const call of [refused, unanswered]) {
      const before = structuredClone(call.shown)
      expect((await call.send()).ok).toBe(false)
      expect(call.shown).toEqual(before)
    }
  })
})
