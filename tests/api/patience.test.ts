import { describe, it } from 'vitest'
import type { EventView, LicenseState, LicenseView } from '../../shared/license.ts'
import type { LicenseServerProcess } from '../license-server/process.ts'
import { startLicenseServer } from '../license-server/process.ts'
import type { ApiClient } from '../product/api-client.ts'
import type { Product } from '../product/process.ts'
import { SERVICE_TOKEN, startProduct } from '../product/process.ts'
import { signInSoon, sleep, until } from './stand.ts'

/* Stories in which time passes and nobody does anything. They run side by side, each on processes of its own. */

interface OwnStand { licenseServer: LicenseServerProcess, product: Product, client: ApiClient }

/** Runs a story on processes of its own and ends them, also a license server that the story started anew. */
async function withOwnStand(story: (stand: OwnStand, startAgain: () => Promise<LicenseServerProcess>) => Promise<void>): Promise<void> {
  const licenseServer = await startLicenseServer()
  const product = await startProduct({ licenseServerUrl: licenseServer.url })
  const servers = [licenseServer]
  try {
    await story({ licenseServer, product, client: await signInSoon(product) }, async () => {
      const again = await startLicenseServer({ port: licenseServer.port })
      servers.push(again)
      return again
    })
  }
  finally {
    await product.dispose()
    for (const server of servers) await server.stop()
  }
}

/** Only looks, until the state is reached; returns every state seen on the way. */
async function watchUntil(client: ApiClient, wanted: LicenseState): Promise<LicenseView[]> {
  const seen: LicenseView[] = []
  await client.waitFor((view) => {
    if (seen.at(-1)?.state !== view.state) seen.push(view)
    return view.state === wanted
  }, 40_000)
  return seen
}

function feature(client: ApiClient): Promise<number> {
  return client.request('GET', '/api/features/sso', undefined, { authorization: `Bearer ${SERVICE_TOKEN}` }).then(({ status }) => status)
}

describe.concurrent('nobody does anything', () => {
  it('F41 a license server that goes away: active, grace, paused; back again: active', ({ expect }) => withOwnStand(async ({ licenseServer, client }, startAgain) => {
    const { body: saved } = await client.save('nc_demo_short')
    expect(saved.state).toBe('active')
    await licenseServer.stop()
    const states = await watchUntil(client, 'paused')
    expect(states.map(({ state }) => state)).toEqual(['active', 'grace', 'paused'])
    expect(states.map(({ entitled }) => entitled)).toEqual([true, true, false])
    expect(states.at(-1)).toMatchObject({ licenseId: saved.licenseId, maskedKey: saved.maskedKey, method: 'standard' })
    expect(await feature(client)).toBe(402)
    expect((await client.request<{ features: string[] }>('GET', '/api/entitlements')).body).toMatchObject({ state: 'paused', features: [] })

    await startAgain()
    const resumed = (await watchUntil(client, 'active')).at(-1)
    expect(resumed).toMatchObject({ entitled: true, checkIn: { consecutiveFailures: 0 } })
    expect(await feature(client)).toBe(204)
    const { body: { events } } = await client.request<{ events: EventView[] }>('GET', '/api/license/events?limit=200')
    expect(events.filter(({ kind, actor }) => kind === 'check_in_succeeded' && actor === 'user')).toEqual([])
    expect(events.some(({ kind }) => kind === 'state_changed')).toBe(true)
  }), 90_000)

  it('a license that is checked in stays active beyond its grace period', ({ expect }) => withOwnStand(async ({ licenseServer, client }) => {
    await client.save('nc_demo_short')
    const states = new Set<LicenseState>()
    const calls = async () => (await licenseServer.control.requests()).filter(({ path }) => path.endsWith('/check-in')).length
    // More than `every` + `grace` of its lease, counted in what the license server has seen.
    await until('five check-ins', async () => {
      states.add((await client.license()).state)
      return await calls() >= 5
    }, 40_000)
    expect(states.has('paused')).toBe(false)
    expect(states.has('active')).toBe(true)
  }), 90_000)

  it('a subscription that is renewed shows its new end', ({ expect }) => withOwnStand(async ({ licenseServer: { control }, client }) => {
    const { key } = await control.createLicense({ method: 'standard', days: 10, every: 1, grace: 60, renews: false })
    const { body: before } = await client.save(key)
    expect(before.warnings).toContainEqual(expect.objectContaining({ code: 'EXPIRES_SOON' }))
    await control.changeLicense(key, { days: 375, renews: true })
    const after = await client.waitFor(({ expiresAt }) => expiresAt !== before.expiresAt)
    expect(after.warnings.map(({ code }) => code)).not.toContain('EXPIRES_SOON')
    const { body: { events } } = await client.request<{ events: EventView[] }>('GET', '/api/license/events')
    expect(events).toContainEqual(expect.objectContaining({ kind: 'renewed', actor: 'system', actorEmail: null }))
  }), 90_000)

  it('a license that has ended comes back once its subscription is renewed', ({ expect }) => withOwnStand(async ({ licenseServer: { control }, client }) => {
    const { key } = await control.createLicense({ method: 'standard', exp: Math.floor(Date.now() / 1000) + 4, every: 1, grace: 60 })
    await client.save(key)
    expect((await watchUntil(client, 'expired')).at(-1)?.entitled).toBe(false)
    await control.changeLicense(key, { days: 365 })
    expect((await watchUntil(client, 'active')).at(-1)?.entitled).toBe(true)
  }), 90_000)

  it('a removal that the license server could not hear of is told later', ({ expect }) => withOwnStand(async ({ licenseServer, client }, startAgain) => {
    const { key } = await licenseServer.control.createLicense({ method: 'standard' })
    await client.save(key)
    await licenseServer.stop()
    expect((await client.remove()).body.state).toBe('unlicensed')
    // The first telling has to fail before the license server is there again.
    await sleep(2500)
    const { control } = await startAgain()
    await control.createLicense({ method: 'standard', key })
    const told = await until('the license server is told', async () => (await control.requests()).find(({ path }) => path.endsWith('/deactivate')), 90_000)
    expect(told.headers.authorization).toMatch(/^Bearer \S{16,}$/)
    await until('it is noted', async () => {
      const { body: { events } } = await client.request<{ events: EventView[] }>('GET', '/api/license/events')
      return events.some(({ kind }) => kind === 'vendor_told')
    })
  }), 150_000)
})
