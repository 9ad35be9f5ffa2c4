import { describe, expect, it } from 'vitest'
import { startLicenseServer } from '../support/vendor/vendor-process.ts'
import { startProduct } from '../support/product-process.ts'
import { expectError } from '../support/expect-error.ts'
import { expectFailedCheckIn } from '../support/kept-installation.ts'
import { addAdmin, signInSoon, timed, withOwnStand } from '../support/stand.ts'

/* They wait side by side, each on processes of its own. */

const ENDLESS = [['no answer', { type: 'hang' }], ['no body', { type: 'hangBody' }], ['one byte a second', { type: 'drip', everyMs: 1000 }]] as const

describe.concurrent('F31 a license server that does not finish', () => {
  it('is given up after the ten seconds of a save: no answer, no body, one byte at a time', () => withOwnStand(async (stand) => {
    const { licenseServer: { control }, product, client } = stand
    expect((await client.save('nc_demo_standard')).status).toBe(200)
    const clients = [client, await addAdmin(client, product, 'person1@example.com'), await addAdmin(client, product, 'person2@example.com')]
    const before = await client.license()
    for (const [, fault] of ENDLESS) await control.addFault({ call: 'activate', times: 1, fault })
    const saving = clients.map(each => timed(async () => expectError(await each.save('nc_ag_demo_airgapped'), 'NET_TIMEOUT')))
    const elapsed = await Promise.all(saving)
    expect(Math.min(...elapsed)).toBeGreaterThan(9000)
    expect(Math.max(...elapsed)).toBeLessThan(30_000)
    const after = await client.license()
    expect(after).toEqual({ ...before, serverTime: after.serverTime })
    expect(await control.faults()).toEqual([])
  }))

  it.each(ENDLESS)('is given up after the ten seconds of a check-in, which counts and does nothing else: %s', (_what, fault) => withOwnStand(async (stand) => {
    const { licenseServer: { control }, client } = stand
    expect((await client.save('nc_demo_standard')).body).toMatchObject({ state: 'active' })
    // Until a check-in has succeeded, one that fails is tried again after two seconds.
    expect((await client.checkIn()).status).toBe(200)
    await control.addFault({ call: 'checkIn', times: 1, fault })
    let failures = 0
    const elapsed = await timed(async () => {
      failures = await expectFailedCheckIn(client, 'NET_TIMEOUT')
    })
    expect(failures).toBe(1)
    expect(elapsed).toBeGreaterThan(9000)
    expect(elapsed).toBeLessThan(30_000)
    expect(await control.faults()).toEqual([])
  }))

  it('is told apart from a name that is not found', async () => {
    const licenseServer = await startLicenseServer()
    const product = await startProduct({ licenseServerUrl: `http://localhost:${licenseServer.port}` })
    try {
      const client = await signInSoon(product)
      await licenseServer.control.addFault({ call: 'activate', times: 1, fault: { type: 'hang' } })
      expectError(await client.save('nc_ag_demo_airgapped'), 'NET_TIMEOUT')
    }
    finally {
      await product.dispose()
      await licenseServer.stop()
    }
  })
})
