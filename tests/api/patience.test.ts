import { DatabaseSync } from 'node:sqlite'
import { describe, it } from 'vitest'
import type { EventView, LicenseState, LicenseView } from '../../shared/contracts.ts'
import type { ApiClient } from '../support/api-client.ts'
import { SERVICE_TOKEN } from '../support/product-process.ts'
import { until, withOwnStand } from '../support/stand.ts'

/* Stories in which time passes and nobody does anything. They run side by side, each on processes of its own. */

/** Only looks, until the state is reached; returns every state seen on the way. */
async function watchUntil(client: ApiClient, wanted: LicenseState): Promise<LicenseView[]> {
  const seen: LicenseView[] = []
  await client.waitFor((view) => {
    if (seen.at(-1)?.state !== view.state) seen.push(view)
    return view.state === wanted
  }, 60_000)
  return seen
}

function feature(client: ApiClient): Promise<number> {
  return client.request('GET', '/api/features/sso', undefined, { authorization: `Bearer ${SERVICE_TOKEN}` }).then(({ status }) => status)
}

describe.concurrent('nobody does anything', () => {
  it('F41 a license server that goes away: active, grace, paused; back again: active', ({ expect }) => withOwnStand(async ({ licenseServer, client }, startAgain) => {
    const short = { method: 'standard', every: 5, grace: 10, exp: Math.floor(Date.now() / 1000) + 365 * 86_400 } as const
    const { key } = await licenseServer.control.createLicense(short)
    const { body: saved } = await client.save(key)
    expect(saved.state).toBe('active')
    const watching = watchUntil(client, 'paused')
    await licenseServer.stop()
    const states = await watching
    expect(states.map(({ state }) => state)).toEqual(['active', 'grace', 'paused'])
    expect(states.map(({ entitled }) => entitled)).toEqual([true, true, false])
    expect(states.at(-1)).toMatchObject({ licenseId: saved.licenseId, maskedKey: saved.maskedKey, method: 'standard' })
    expect(await feature(client)).toBe(402)
    expect((await client.request<{ features: string[] }>('GET', '/api/entitlements')).body).toMatchObject({ state: 'paused', features: [] })

    const { control } = await startAgain()
    await control.createLicense({ ...short, key })
    const resumed = (await watchUntil(client, 'active')).at(-1)
    expect(resumed).toMatchObject({ entitled: true, checkIn: { consecutiveFailures: 0 } })
    expect(await feature(client)).toBe(204)
    const read = async () => (await client.request<{ events: EventView[] }>('GET', '/api/license/events?limit=200')).body.events
    const changesOf = (events: EventView[]) => events.filter(({ kind }) => kind === 'state_changed')
    // The tick after the answer writes it down.
    const events = await until('the last change is noted', async () => {
      const found = await read()
      return changesOf(found).some(({ details }) => details.to === 'active') && found
    })
    expect(changesOf(events).map(({ actor, details }) => `${actor}: ${details.from} to ${details.to}`).toReversed()).toEqual([
      'system: active to grace', 'system: grace to paused', 'system: paused to active',
    ])
    expect(events.find(({ kind }) => kind === 'check_in_succeeded')).toMatchObject({ actor: 'system', actorEmail: null })
  }))

  it('a license that is checked in stays active beyond its grace period', ({ expect }) => withOwnStand(async ({ licenseServer, client }) => {
    await client.save('nc_demo_short')
    const states = new Set<LicenseState>()
    const calls = async () => (await licenseServer.control.requests()).filter(({ path }) => path.endsWith('/check-in')).length
    // More than `every` + `grace` of its lease, counted in what the license server has seen.
    await until('five check-ins', async () => {
      states.add((await client.license()).state)
      return await calls() >= 5
    })
    expect(states.has('paused')).toBe(false)
    expect(states.has('active')).toBe(true)
  }))

  it('a subscription that is renewed shows its new end', ({ expect }) => withOwnStand(async ({ licenseServer: { control }, client }) => {
    const { key } = await control.createLicense({ method: 'standard', days: 10, every: 1, grace: 60, renews: false })
    const { body: before } = await client.save(key)
    expect(before.warnings).toContainEqual(expect.objectContaining({ code: 'EXPIRES_SOON' }))
    await control.changeLicense(key, { days: 375, renews: true })
    const after = await client.waitFor(({ expiresAt }) => expiresAt !== before.expiresAt)
    expect(after.warnings.map(({ code }) => code)).not.toContain('EXPIRES_SOON')
    const { body: { events } } = await client.request<{ events: EventView[] }>('GET', '/api/license/events')
    expect(events).toContainEqual(expect.objectContaining({ kind: 'renewed', actor: 'system', actorEmail: null }))
  }))

  it('a license that has ended comes back once its subscription is renewed', ({ expect }) => withOwnStand(async ({ licenseServer: { control }, client }) => {
    const { key } = await control.createLicense({ method: 'standard', exp: Math.floor(Date.now() / 1000) + 20, every: 1, grace: 60 })
    expect((await client.save(key)).body.state).toBe('active')
    expect((await watchUntil(client, 'expired')).at(-1)?.entitled).toBe(false)
    await control.changeLicense(key, { days: 365 })
    expect((await watchUntil(client, 'active')).at(-1)?.entitled).toBe(true)
  }))

  it('a removal that the license server could not hear of is told later', ({ expect }) => withOwnStand(async ({ licenseServer, product, client }, startAgain) => {
    const { key } = await licenseServer.control.createLicense({ method: 'standard' })
    await client.save(key)
    await licenseServer.stop()
    expect((await client.remove()).body.state).toBe('unlicensed')
    const database = new DatabaseSync(product.databaseFile)
    await until('the first telling has failed', () => database.prepare('select attempts from deactivations').get()?.attempts === 1)
    const { control } = await startAgain()
    await control.createLicense({ method: 'standard', key })
    // The minute until the next is over.
    database.exec('update deactivations set next_at = 0')
    database.close()
    const told = await until('the license server is told', async () => (await control.requests()).find(({ path }) => path.endsWith('/deactivate')))
    expect(told.headers.authorization).toMatch(/^Bearer \S{16,}$/)
    await until('it is noted', async () => {
      const { body: { events } } = await client.request<{ events: EventView[] }>('GET', '/api/license/events')
      return events.some(({ kind }) => kind === 'vendor_told')
    })
  }))
})
