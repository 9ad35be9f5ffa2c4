import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import type { EventView } from '../../shared/contracts.ts'
import { createApiClient } from '../support/api-client.ts'
import { SERVICE_TOKEN, SLOW_START } from '../support/product-process.ts'
import { expectError } from '../support/expect-error.ts'
import { restart, signInSoon, sleep, startOwnLicenseServer, startOwnProduct, until } from '../support/stand.ts'

const DAY = 86_400

async function startOwnStand() {
  const licenseServer = await startOwnLicenseServer()
  const options = { licenseServerUrl: licenseServer.url }
  const product = await startOwnProduct(options)
  const calls = async () => (await licenseServer.control.requests()).map(({ path }) => path.split('/').at(-1))
  return { licenseServer, control: licenseServer.control, options, product, client: await signInSoon(product), calls }
}

/** Long enough for an attempt at a start, which comes at once, to have been recorded. */
const settle = () => sleep(200)

describe('an airgapped license', () => {
  it('F44 makes exactly one call, whatever follows: ten restarts, questions of services, removal', async () => {
    const { options, product, client, calls, licenseServer } = await startOwnStand()
    const { status, body: view } = await client.save('nc_ag_demo_airgapped')
    expect(status).toBe(200)
    expect(view).toMatchObject({ state: 'active', entitled: true, method: 'airgapped', checkIn: null, graceEndsAt: null, renews: null })
    expect(view.maskedKey).toMatch(/^nc_ag_/)
    expect(await calls()).toEqual(['activate'])
    let running = product
    for (let starts = 0; starts < 10; starts++) {
      running = await restart(running, options)
      expect(await client.license()).toMatchObject({ state: 'active', entitled: true, instanceId: view.instanceId, licenseId: view.licenseId })
      const asked = await createApiClient(running.url).request('GET', '/api/features/sso', undefined, { authorization: `Bearer ${SERVICE_TOKEN}` })
      expect(asked.status).toBe(204)
      await settle()
    }
    await licenseServer.control.createLicense({ method: 'standard' })
    expect((await client.remove()).status).toBe(200)
    await settle()
    expect(await calls()).toEqual(['activate'])
  })

  it('goes on without the license server, restart included', async () => {
    const { options, product, client, licenseServer } = await startOwnStand()
    const { body: view } = await client.save('nc_ag_demo_airgapped')
    await licenseServer.stop()
    await restart(product, options)
    expect(await client.license()).toMatchObject({ state: 'active', entitled: true, expiresAt: view.expiresAt })
  })

  it('renews when the administrator asks for it', async () => {
    const { client, control, calls } = await startOwnStand()
    const { key } = await control.createLicense({ method: 'airgapped', days: 40 })
    const { body: before } = await client.save(key)
    await control.changeLicense(key, { days: 400, seats: 99 })
    const { status, body: after } = await client.checkIn()
    expect(status).toBe(200)
    expect(Date.parse(after.expiresAt ?? '') - Date.parse(before.expiresAt ?? '')).toBeGreaterThan(350 * DAY * 1000)
    expect(after.seats).toBe(99)
    expect(await calls()).toEqual(['activate', 'renew'])
    const { headers, body } = (await control.requests())[1] ?? {}
    expect(headers?.authorization).toMatch(/^Bearer \S{16,}$/)
    expect(Object.keys(Object(body)).toSorted()).toEqual(['kids', 'lease', 'nonce', 'version'])
  })

  it('a renewal that fails says why and changes nothing', async () => {
    const { client, licenseServer } = await startOwnStand()
    const { body: before } = await client.save('nc_ag_demo_airgapped')
    await licenseServer.stop()
    expectError(await client.checkIn(), 'NET_CONNECT')
    expect(await client.license()).toMatchObject({ state: 'active', entitled: true, expiresAt: before.expiresAt })
  })

  it('renews at a restart within 30 days of its end, and tries so at most once a day', async () => {
    const { options, product, client, control, calls } = await startOwnStand()
    const { key } = await control.createLicense({ method: 'airgapped', days: 20 })
    const { body: before } = await client.save(key)
    expect(before.warnings).toContainEqual(expect.objectContaining({ code: 'EXPIRES_SOON' }))
    const again = await restart(product, options)
    const database = new DatabaseSync(product.databaseFile, { readOnly: true })
    await until('the renewal at the start is noted', () => database.prepare('select renewal_attempt_at as at from installation').get()?.at !== null)
    database.close()
    const third = await restart(again, options)
    await settle()
    await restart(third, options)
    await settle()
    expect(await calls()).toEqual(['activate', 'renew'])
    expect((await client.license()).state).toBe('active')
  })

  it('picks up the new expiry at a restart, after its end too', async () => {
    const { options, product, client, control } = await startOwnStand()
    const { key } = await control.createLicense({ method: 'airgapped', exp: Math.floor(Date.now() / 1000) + 20 })
    expect((await client.save(key)).body.state).toBe('active')
    expect((await client.waitFor(({ state }) => state === 'expired', 60_000)).entitled).toBe(false)
    await control.changeLicense(key, { days: 300 })
    await restart(product, options)
    const renewed = await client.waitFor(({ state }) => state === 'active')
    expect(renewed.entitled).toBe(true)
    expect(renewed.warnings.map(({ code }) => code)).not.toContain('EXPIRES_SOON')
    const { body: { events } } = await client.request<{ events: EventView[] }>('GET', '/api/license/events')
    expect(events.map(({ kind }) => kind)).toContain('renewed')
  })

  it('is silent about a renewal at a start for which there is no network, and tries again at the next start', async () => {
    const { options, product, client, control, licenseServer } = await startOwnStand()
    const { key } = await control.createLicense({ method: 'airgapped', days: 20 })
    await client.save(key)
    await licenseServer.stop()
    const again = await restart(product, options)
    await settle()
    const { state, warnings } = await client.license()
    expect(state).toBe('active')
    expect(warnings.map(({ code }) => code)).not.toContain('CHECK_IN_FAILING')
    const { body: { events } } = await client.request<{ events: EventView[] }>('GET', '/api/license/events')
    expect(events.map(({ kind }) => kind)).not.toContain('check_in_failed')
    expect(again.output().split('\n').filter(line => /"level":"(warn|error)"/.test(line) && !line.includes(SLOW_START))).toEqual([])

    const back = await startOwnLicenseServer(licenseServer.port)
    await back.control.createLicense({ method: 'airgapped', key, days: 300 })
    await restart(again, options)
    const renewed = await client.waitFor(view => view.warnings.every(({ code }) => code !== 'EXPIRES_SOON'))
    expect(renewed.state).toBe('active')
  })
})
