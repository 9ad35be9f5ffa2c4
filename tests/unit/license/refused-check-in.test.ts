import { beforeEach, describe, expect, it } from 'vitest'
import { DAY, HOUR } from '../../support/claims.ts'
import { START } from '../../support/simulated-clock.ts'
import { verifySynchronously } from '../../support/signing.ts'
import { AIRGAPPED_KEY, KEY, licenseAt, refused } from '../../support/simulated-vendor.ts'
import type { World } from '../../support/world.ts'
import { ADMIN, createWorld } from '../../support/world.ts'

/* A refusal is not signed, so it takes nothing away. What it says is told, with the moment before which somebody has to act. */

beforeEach(verifySynchronously)

const iso = (ms: number) => new Date(ms).toISOString()
async function licensed(key = KEY, terms: Parameters<typeof licenseAt>[2] = {}): Promise<World> {
  const world = await createWorld()
  world.vendor.licenses.set(key, licenseAt(world.clock, 'lic_refused', terms))
  await world.service.save({ credential: key, actor: ADMIN })
  world.clock.advance(HOUR)
  return world
}

describe('a check-in that is refused without a signature', () => {
  it.each([
    ['unknown_key', 'refused_unknown_key'], ['expired', 'refused_expired'], ['revoked', 'refused_revoked'], ['suspended', 'refused_suspended'],
    ['bound_elsewhere', 'refused_bound_elsewhere'], ['method_not_in_plan', 'refused_method_not_in_plan'], ['bad_request', 'refused_bad_request'],
  ] as const)('by %s leaves the license as it is, and says until when', async (refusal, cause) => {
    const world = await licensed()
    world.vendor.failing = refused(refusal)
    const facts = { host: 'vendor.example', refusal, until: iso(START + 7 * DAY + 6 * HOUR) }
    const seen = { code: 'SERVER_REFUSED', cause, stage: 'http', facts }
    await expect(world.service.checkIn(ADMIN)).rejects.toMatchObject({ code: 'SERVER_REFUSED', details: { host: 'vendor.example', refusal }, seen })
    const finding = { ...seen, reference: 'NCL-211', at: iso(START + HOUR) }
    expect(world.service.view('viewer')).toMatchObject({ state: 'active', entitled: true, finding, graceEndsAt: facts.until })
    expect((await world.store.read()).license).toMatchObject({ verdict: null, consecutiveFailures: 1, lastError: 'SERVER_REFUSED', lastFinding: finding })
    expect(world.store.events.at(-1)).toMatchObject({ kind: 'check_in_failed', details: { code: 'SERVER_REFUSED', cause }, finding })
    expect(await world.service.findings()).toEqual([finding])
  })

  it('by a limit of the rate sets nobody a date', async () => {
    const world = await licensed()
    world.vendor.failing = refused('rate_limited')
    await expect(world.service.checkIn(ADMIN)).rejects.toMatchObject({ code: 'SERVER_RATE_LIMITED', details: { refusal: 'rate_limited' } })
    expect(world.service.view('admin').finding).toMatchObject({ cause: 'rate_limited', facts: { host: 'vendor.example' } })
    expect(world.service.view('admin').finding?.facts).not.toHaveProperty('until')
  })

  it('names the end of the term, where that comes before the end of the grace period', async () => {
    const world = await licensed(KEY, { exp: (START + 3 * DAY) / 1000 })
    world.vendor.failing = refused('suspended')
    await expect(world.service.checkIn(ADMIN)).rejects.toMatchObject({ seen: { facts: { until: iso(START + 3 * DAY) } } })
  })

  it('names the end of the term where there is no grace period: a renewal of an airgapped license', async () => {
    const world = await licensed(AIRGAPPED_KEY, { exp: (START + 40 * DAY) / 1000 })
    world.vendor.failing = refused('revoked')
    await expect(world.service.checkIn(ADMIN)).rejects.toMatchObject({ code: 'SERVER_REFUSED', seen: { facts: { until: iso(START + 40 * DAY) } } })
    expect((await world.store.read()).license?.lastFinding).toMatchObject({ cause: 'refused_revoked', facts: { until: iso(START + 40 * DAY) } })
    expect(await world.service.findings()).toMatchObject([{ cause: 'refused_revoked' }])
    // Nobody has to do anything about a license that runs on, but whoever asked for the renewal, and has been told.
    expect(world.service.view('admin').finding).toBeNull()
  })

  it('sets no date where the features are off already', async () => {
    const world = await licensed()
    world.clock.advance(9 * DAY)
    expect(world.service.view('admin')).toMatchObject({ state: 'paused', entitled: false })
    world.vendor.failing = refused('suspended')
    const error = await world.service.checkIn(ADMIN).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'SERVER_REFUSED', seen: { cause: 'refused_suspended' } })
    expect(world.service.view('admin').finding?.facts).toEqual({ host: 'vendor.example', refusal: 'suspended' })
  })

  it('is told no more once a check-in succeeds', async () => {
    const world = await licensed()
    world.vendor.failing = refused('suspended')
    await expect(world.service.checkIn(ADMIN)).rejects.toThrow()
    world.vendor.failing = null
    await world.service.checkIn(ADMIN)
    expect(world.service.view('admin').finding).toBeNull()
    expect((await world.store.read()).license?.lastFinding).toBeNull()
    expect(await world.service.findings()).toMatchObject([{ cause: 'refused_suspended' }])
  })
})
