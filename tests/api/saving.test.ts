import { describe, expect, it } from 'vitest'
import type { LicenseView, Preview } from '../../shared/contracts.ts'
import type { ApiClient } from '../support/api-client.ts'
import { expectError, expectNoInternals } from '../support/expect-error.ts'
import { addAdmin, sleep, until, useStand } from '../support/stand.ts'

const stand = useStand()
let people = 0

/** An administrator with activations of the minute still to spend, on an installation with a license that is active. */
async function freshStart(key?: string): Promise<{ client: ApiClient, view: LicenseView }> {
  const credential = key ?? (await stand.licenseServer.control.createLicense({ method: 'standard' })).key
  const client = await addAdmin(stand.admin, stand.product, `saver${++people}@example.com`)
  const { body: view } = await client.save(credential)
  await stand.licenseServer.control.clearRequests()
  return { client, view }
}

interface Sent { event: string, data: unknown }

function eventsOf(text: string): Sent[] {
  return text.split('\n\n').filter(Boolean).map((block) => {
    const [, event = '', data = ''] = /^event: (\S+)\ndata: (.*)$/.exec(block) ?? []
    return { event, data: JSON.parse(data) }
  })
}

describe('saving', () => {
  it('the same key twice takes one activation', async () => {
    const { control } = stand.licenseServer
    const { key, licenseId } = await control.createLicense({ method: 'standard' })
    const { client, view } = await freshStart(key)
    const again = await client.save(key)
    expect(again.body).toMatchObject({ state: 'active', licenseId, method: 'standard', expiresAt: view.expiresAt })
    expect(await control.getLicense(key)).toMatchObject({ activations: 1, deactivations: 0, boundTo: [view.instanceId] })
  })

  it('F61 an answer that was lost on the way does not take a second activation', async () => {
    const { control } = stand.licenseServer
    const { client } = await freshStart()
    const { key } = await control.createLicense({ method: 'standard' })
    await control.addFault({ call: 'activate', times: 1, fault: { type: 'reset', stage: 'body' } })
    const lost = await client.save(key)
    expect(lost.status).toBe(502)
    expect((await client.save(key)).body.state).toBe('active')
    expect((await control.getLicense(key)).activations).toBe(1)
  })

  it('a license that replaces another gives that one\'s seat back, and only once it is in place', async () => {
    const { control } = stand.licenseServer
    const [first, second] = [await control.createLicense({ method: 'standard' }), await control.createLicense({ method: 'airgapped' })]
    const { client } = await freshStart(first.key)
    await control.addFault({ call: 'activate', times: 1, fault: { type: 'html' } })
    expectError(await client.save(second.key), 'NET_CAPTIVE_PORTAL')
    expect((await control.getLicense(first.key)).boundTo).toHaveLength(1)
    const third = await control.createLicense({ method: 'standard' })
    expect((await client.save(third.key)).body.licenseId).toBe(third.licenseId)
    await until('the seat of the replaced license is free', async () => (await control.getLicense(first.key)).boundTo.length === 0)
    expect((await control.getLicense(third.key)).boundTo).toHaveLength(1)
  })

  it('a license that is removed and saved again keeps its seat, whenever the license server hears of the removal', async () => {
    const { control } = stand.licenseServer
    const { key } = await control.createLicense({ method: 'standard' })
    const { client, view } = await freshStart(key)
    await client.remove()
    expect((await client.save(key)).body.state).toBe('active')
    // Longer than it takes until a removal is told.
    await sleep(1500)
    expect((await control.getLicense(key)).boundTo).toEqual([view.instanceId])
    const { status, text } = await client.checkIn()
    expect(status, text).toBe(200)
  })
})

describe('saving as server-sent events', () => {
  it('tells each step, then the new view', async () => {
    const { client } = await freshStart()
    const { key, licenseId } = await stand.licenseServer.control.createLicense({ method: 'standard' })
    const answer = await client.request('PUT', '/api/license', { credential: key }, { accept: 'text/event-stream' })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toMatch(/^text\/event-stream/)
    const events = eventsOf(answer.text)
    expect(events.slice(0, -1)).toEqual(['checked', 'contacted', 'verified', 'stored'].map(step => ({ event: 'step', data: { step } })))
    expect(events.at(-1)).toMatchObject({ event: 'done', data: { state: 'active', licenseId } })
    expect(answer.text).not.toContain(key)
  })

  it('ends with the error where it fails', async () => {
    const { client } = await freshStart()
    await stand.licenseServer.control.addFault({ call: 'activate', times: 1, fault: { type: 'status', status: 503 } })
    const answer = await client.request('PUT', '/api/license', { credential: 'nc_demo_standard' }, { accept: 'text/event-stream' })
    const events = eventsOf(answer.text)
    expect(events.map(({ event }) => event)).toEqual(['step', 'failed'])
    expect(events.at(-1)?.data).toMatchObject({ statusCode: 502, data: { code: 'SERVER_ERROR', reference: 'NCL-207' } })
    expectNoInternals(answer.text)
  })

  it('is finished also when nobody listens any more', async () => {
    const { control } = stand.licenseServer
    const { client } = await freshStart()
    const { key, licenseId } = await control.createLicense({ method: 'standard' })
    await control.addFault({ call: 'activate', times: 1, fault: { type: 'hold' } })
    const aborter = new AbortController()
    const saving = fetch(`${stand.product.url}/api/license`, {
      method: 'PUT', signal: aborter.signal, body: JSON.stringify({ credential: key }),
      headers: { 'cookie': client.cookie, 'content-type': 'application/json', 'accept': 'text/event-stream' },
    }).then(response => response.text()).catch(() => 'gone')
    await until('the license server is asked', async () => (await control.requests()).some(({ path }) => path.endsWith('/activate')))
    aborter.abort()
    expect(await saving).toBe('gone')
    expect((await client.license()).licenseId).not.toBe(licenseId)
    await control.clearFaults()
    expect((await client.waitFor(view => view.licenseId === licenseId)).state).toBe('active')
  })
})

describe('a preview', () => {
  it('of a key shows literally what would be sent, the key masked, and sends nothing', async () => {
    const { client, view } = await freshStart()
    const { body, text } = await client.request<Preview>('POST', '/api/license/preview', { credential: 'nc_ag_some_real_key_1234' })
    expect(body).toMatchObject({ method: 'airgapped', accepted: true, difference: null, sends: { method: 'POST', url: `${stand.licenseServer.url}/api/v1/licenses/activate` } })
    expect(Object.keys(body.sends?.body ?? {}).toSorted()).toEqual(['instance_id', 'kids', 'license_key', 'nonce', 'version'])
    expect(body.sends?.body.license_key).toMatch(/^nc_ag_[^\w]+1234$/)
    expect(text).not.toContain('some_real_key')
    const after = await client.license()
    // The license of the test before may still have to be given back.
    expect(after).toEqual({ ...view, serverTime: after.serverTime, deactivation: after.deactivation })
    const sent = (await stand.licenseServer.control.requests()).filter(({ path }) => !path.endsWith('/deactivate'))
    expect(sent).toEqual([])
  })
})
