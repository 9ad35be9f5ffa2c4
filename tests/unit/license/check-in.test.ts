import { beforeEach, describe, expect, it } from 'vitest'
import type { FindingCause, FindingFacts } from '../../../shared/findings.ts'
import { DAY, HOUR, OTHER_INSTANCE } from '../../support/claims.ts'
import { pass, SECOND } from '../../support/installation.ts'
import { START } from '../../support/simulated-clock.ts'
import { createFixedRandom } from '../../support/random.ts'
import { strangerSigner, verifySynchronously } from '../../support/signing.ts'
import type { Draft } from '../../support/simulated-vendor.ts'
import { failure, KEY, SECRET } from '../../support/simulated-vendor.ts'
import type { World } from '../../support/world.ts'
import { ADMIN, createWorld } from '../../support/world.ts'

beforeEach(verifySynchronously)

async function licensed(key = KEY): Promise<World> {
  const world = await createWorld({ random: createFixedRandom(0) })
  await world.service.save({ credential: key, actor: ADMIN })
  world.clock.advance(HOUR)
  return world
}
const license = async (world: World) => (await world.store.read()).license
function standardOf(world: World) {
  const found = world.vendor.licenses.get(KEY)
  if (!found) throw new Error('the vendor lost the license')
  return found
}

describe('a good check-in', () => {
  it('sends the lease, a nonce, kids and seats, with the secret of this installation', async () => {
    const world = await licensed()
    const before = await license(world)
    await world.service.setSeatsUsed(12)
    await world.service.checkIn(ADMIN)
    const [call] = world.vendor.callsOf('checkIn')
    expect(call).toMatchObject({ secret: SECRET })
    expect(call?.request).toEqual({
      lease: before?.lease, nonce: expect.stringMatching(/^[0-9a-f]{32}$/), kids: ['vendor-1'], seatsUsed: 12,
    })
  })

  it('swaps the lease and plans the next', async () => {
    const world = await licensed()
    await world.service.checkIn(ADMIN)
    const at = START + HOUR
    expect(await license(world)).toMatchObject({ jti: 'lic_standard-2', lastSuccessAt: at, lastAttemptAt: at, nextAt: at + 6 * HOUR })
    expect(world.service.view('admin').issuedAt).toBe(new Date(at).toISOString())
    expect(world.observed).toEqual(['fresh'])
  })

  it('that changes no term is no news: same revision, folded in the log', async () => {
    const world = await licensed()
    await world.service.checkIn(ADMIN)
    world.clock.advance(HOUR)
    await world.service.checkIn(ADMIN)
    expect(world.service.view('admin').revision).toBe(1)
    expect(world.store.events.map(({ kind, count, actorEmail }) => [kind, count, actorEmail]))
      .toEqual([['activated', 1, 'admin@customer.example'], ['check_in_succeeded', 2, 'admin@customer.example']])
  })

  it.each<[string, (claims: Record<string, unknown>) => void]>([
    ['plan', (claims) => { claims.plan = 'business' }], ['seats', (claims) => { claims.seats = 26 }], ['features', (claims) => { claims.features = ['sso'] }],
    ['licensee', (claims) => { claims.licensee = { organization: 'Acme 2' } }], ['periods', (claims) => { claims.check_in = { every: 3600, grace: 604_800 } }],
    ['grace', (claims) => { claims.check_in = { every: 21_600, grace: 1 } }], ['limits', (claims) => { claims.limits = { limit_editor: 5 } }],
  ])('that changes the %s grows the revision', async (_, change) => {
    const world = await licensed()
    world.vendor.spoil = ({ claims }) => change(claims)
    await world.service.checkIn(ADMIN)
    expect(world.service.view('admin').revision).toBe(2)
  })

  it('picks up a renewal and says so', async () => {
    const world = await licensed()
    const { exp } = standardOf(world)
    standardOf(world).exp = exp + 86_400
    await world.service.checkIn(ADMIN)
    const [from, to] = [exp * 1000, exp * 1000 + DAY].map(at => new Date(at).toISOString())
    expect(world.service.view('admin')).toMatchObject({ expiresAt: to, revision: 2 })
    expect(world.store.events.at(-1)).toMatchObject({ kind: 'renewed', details: { from, to } })
  })

  it('counts as good for its day, and ends a row of failures', async () => {
    const world = await licensed()
    world.vendor.failing = failure('NET_DNS')
    await expect(world.service.checkIn(ADMIN)).rejects.toMatchObject({ code: 'NET_DNS' })
    world.vendor.failing = null
    await world.service.checkIn(ADMIN)
    expect(await license(world)).toMatchObject({ consecutiveFailures: 0, failingSince: null, lastError: null, lastFinding: null })
    expect(await world.service.listCheckInDays(30)).toEqual([{ day: '2026-03-01', good: 1, failed: 1, off: false }])
  })

  it('corrects a clock that was ahead, backwards', async () => {
    const world = await licensed()
    await world.boot()
    world.clock.shiftWall(3 * DAY)
    expect(world.service.moment().effective).toBe(START + HOUR + 3 * DAY)
    await world.service.checkIn(ADMIN)
    expect(world.service.moment()).toMatchObject({ effective: START + HOUR, continuous: true })
  })
})

describe('a verdict', () => {
  it.each([['revoked', 'revoked'], ['suspended', 'suspended'], ['bound_elsewhere', 'mismatch']] as const)('%s takes features away at once: %s', async (verdict, state) => {
    const world = await licensed()
    standardOf(world).verdict = verdict
    await world.service.checkIn(ADMIN)
    expect(world.service.view('admin')).toMatchObject({ state, entitled: false, reason: 'chargeback', revision: 2 })
    expect(world.service.entitlements(false)).toMatchObject({ state, entitled: false, features: [] })
    expect(world.store.events.at(-1)).toMatchObject({ kind: 'verdict', details: { verdict, reason: 'chargeback' } })
    expect(await license(world)).toMatchObject({ nextAt: START + 7 * HOUR, consecutiveFailures: 0 })
    expect(world.observed).toEqual(['verdict'])
  })

  it('is lifted by the next lease, which needs nobody', async () => {
    const world = await licensed()
    standardOf(world).verdict = 'suspended'
    await world.service.checkIn(ADMIN)
    standardOf(world).verdict = null
    await world.service.checkIn(ADMIN)
    expect(world.service.view('admin')).toMatchObject({ state: 'active', entitled: true, reason: null, revision: 3 })
  })

  const since = (world: World) => world.service.view('admin').verdictAt
  const iso = (at: number) => new Date(at).toISOString()

  it.each(['revoked', 'suspended', 'bound_elsewhere'] as const)('given again and again stands since it was first given: %s', async (verdict) => {
    const world = await licensed()
    standardOf(world).verdict = verdict
    await pass(world, 2 * DAY, 60 * SECOND)
    expect(world.vendor.callsOf('checkIn').length).toBeGreaterThan(6)
    const first = since(world)
    expect(Date.parse(first ?? '')).toBeLessThan(START + 8 * HOUR)
    const before = await license(world)
    await pass(world, DAY, 60 * SECOND)
    expect(since(world)).toBe(first)
    expect(world.service.view('admin').finding?.at).toBe(first)
    // The newest is what is kept and counts, also after a restart.
    expect((await license(world))?.verdict).not.toBe(before?.verdict)
    await world.boot()
    expect(since(world)).toBe(first)
  })

  it('of another kind, or after a lease, stands anew', async () => {
    const world = await licensed()
    const told: (string | null)[] = []
    for (const verdict of ['suspended', 'revoked', null, 'revoked', 'revoked'] as const) {
      standardOf(world).verdict = verdict
      await world.service.checkIn(ADMIN)
      told.push(since(world))
      world.clock.advance(HOUR)
    }
    const fourth = iso(START + 4 * HOUR)
    expect(told).toEqual([iso(START + HOUR), iso(START + 2 * HOUR), null, fourth, fourth])
  })

  it('that could not be stored stands since it was first given, once the database is back', async () => {
    const world = await licensed()
    standardOf(world).verdict = 'suspended'
    world.store.available = false
    await world.run(8 * HOUR)
    const first = since(world)
    expect(first).not.toBeNull()
    world.store.available = true
    await world.run(DAY)
    expect(since(world)).toBe(first)
    expect((await license(world))?.verdictRun).toEqual({ verdict: 'suspended', since: Date.parse(first ?? '') })
  })

  it('that an earlier version stored stands since its own date, and goes on from there', async () => {
    const world = await licensed()
    standardOf(world).verdict = 'suspended'
    await world.service.checkIn(ADMIN)
    const read = world.store.read
    world.store.read = async () => {
      const snapshot = await read()
      return { ...snapshot, license: snapshot.license && { ...snapshot.license, verdictRun: null } }
    }
    await world.boot()
    expect(since(world)).toBe(iso(START + HOUR))
    world.clock.advance(HOUR)
    await world.service.checkIn(ADMIN)
    world.store.read = read
    await world.boot()
    expect(since(world)).toBe(iso(START + HOUR))
  })

  it('makes every day since it a day on which the license was off, asked about or not', async () => {
    const world = await licensed()
    standardOf(world).verdict = 'revoked'
    await world.service.checkIn(ADMIN)
    world.clock.advance(3 * DAY)
    await world.boot()
    await world.service.checkIn(ADMIN)
    const days = await world.service.listCheckInDays(30)
    expect(days.map(({ day, good, off }) => [day, good, off]))
      .toEqual([['2026-03-01', 1, true], ['2026-03-02', 0, true], ['2026-03-03', 0, true], ['2026-03-04', 1, true]])
    expect(await world.service.listCheckInDays(2)).toEqual(days.slice(-2))
    standardOf(world).verdict = null
    await world.service.checkIn(ADMIN)
    expect((await world.service.listCheckInDays(30)).map(({ day, off }) => [day, off])).toEqual([['2026-03-01', false], ['2026-03-04', false]])
  })

  it('without a reason is written down as such', async () => {
    const world = await licensed()
    standardOf(world).verdict = 'revoked'
    world.vendor.spoil = ({ claims }) => { delete claims.reason }
    await world.service.checkIn(ADMIN)
    expect(world.store.events.at(-1)?.details).toEqual({ verdict: 'revoked', reason: null })
  })

  it('survives a restart', async () => {
    const world = await licensed()
    standardOf(world).verdict = 'revoked'
    await world.service.checkIn(ADMIN)
    await world.boot()
    expect(world.service.view('admin')).toMatchObject({ state: 'revoked', entitled: false })
  })
})

describe('an answer that does not fit is a failed check-in', () => {
  const spoilt: [string, (draft: Draft) => void, FindingCause, FindingFacts][] = [
    ['a stale nonce', ({ claims }) => { claims.nonce = '0'.repeat(32) }, 'answer_stale', { member: 'nonce' }],
    ['another installation', ({ claims }) => { claims.instance_id = OTHER_INSTANCE }, 'answer_not_ours', { member: 'instance_id', found: OTHER_INSTANCE }],
    ['another license', ({ claims }) => { claims.sub = 'lic_other' }, 'answer_not_ours', { member: 'license', expected: 'lic_standard', found: 'lic_other' }],
    ['an older seq', ({ claims }) => { claims.seq = 0 }, 'answer_stale', { member: 'seq' }],
    ['an equal seq with another jti', ({ claims }) => Object.assign(claims, { seq: 1, jti: 'other' }), 'answer_stale', { member: 'seq' }],
    ['a signer unknown to this build', ({ header }) => { header.kid = 'vendor-2' }, 'signer_unknown', { kid: 'vendor-2' }],
    ['a forged signature', (draft) => { draft.signer = strangerSigner }, 'unreadable_answer', { member: 'signature' }],
    ['another kind', ({ header }) => { header.typ = 'nc-offline+jwt' }, 'unreadable_answer', {}],
    ['claims that are wrong', ({ claims }) => { claims.iat = 'now' }, 'unreadable_answer', { member: 'iat' }],
  ]
  it.each(spoilt)('lease with %s', async (_, spoil, cause, facts) => {
    const world = await licensed()
    world.vendor.spoil = spoil
    const seen = { code: 'SERVER_RESPONSE_INVALID', cause, stage: 'http', facts: { host: 'vendor.example', ...facts } }
    await expect(world.service.checkIn(ADMIN)).rejects.toMatchObject({ code: 'SERVER_RESPONSE_INVALID', seen })
    expect(world.service.view('admin')).toMatchObject({ state: 'active', entitled: true, finding: seen })
    expect(await license(world)).toMatchObject({ jti: 'lic_standard-1', verdict: null, consecutiveFailures: 1, lastError: 'SERVER_RESPONSE_INVALID' })
  })

  it.each(spoilt)('verdict with %s', async (_, spoil, cause, facts) => {
    const world = await licensed()
    standardOf(world).verdict = 'revoked'
    world.vendor.spoil = spoil
    await expect(world.service.checkIn(ADMIN)).rejects.toMatchObject({ code: 'SERVER_RESPONSE_INVALID', seen: { cause, facts } })
    expect(world.service.view('admin')).toMatchObject({ state: 'active', entitled: true })
  })

  it('a lease of another method', async () => {
    const world = await licensed()
    world.vendor.spoil = ({ claims }) => { claims.method = 'airgapped' }
    await expect(world.service.checkIn(ADMIN)).rejects.toMatchObject({
      code: 'SERVER_RESPONSE_INVALID', seen: { cause: 'answer_not_ours', facts: { member: 'method', expected: 'standard', found: 'airgapped' } },
    })
  })
})

describe('a failed check-in', () => {

  it('is counted, with its code, since the first of the row', async () => {
    const world = await licensed()
    world.vendor.failing = failure('NET_TLS', { cause: 'CERT_HAS_EXPIRED' })
    await expect(world.service.checkIn(ADMIN)).rejects.toMatchObject({ code: 'NET_TLS', cause: 'CERT_HAS_EXPIRED', details: { host: 'vendor.example' } })
    world.clock.advance(2000)
    await expect(world.service.checkIn(ADMIN)).rejects.toMatchObject({ code: 'NET_TLS' })
    expect(world.service.view('admin').checkIn).toEqual({
      lastSuccessAt: new Date(START).toISOString(), lastAttemptAt: new Date(START + HOUR + 2000).toISOString(),
      nextAt: new Date(START + HOUR + 7000).toISOString(), consecutiveFailures: 2,
      lastError: { code: 'NET_TLS', reference: 'NCL-204', at: new Date(START + HOUR + 2000).toISOString() },
    })
    const finding = {
      code: 'NET_TLS', reference: 'NCL-204', cause: 'certificate_unknown_issuer', stage: 'tls', facts: { host: 'vendor.example' },
      at: new Date(START + HOUR + 2000).toISOString(),
    }
    expect((await license(world))?.lastFinding).toEqual(finding)
    expect(world.store.events.at(-1)).toMatchObject({
      kind: 'check_in_failed', count: 2, details: { code: 'NET_TLS', cause: 'certificate_unknown_issuer' }, finding,
    })
    expect(world.observed).toEqual(['failed', 'failed'])
  })

  it('is quick to be tried again at a start only: after a success the waits are the long ones', async () => {
    const world = await licensed()
    await world.service.checkIn(ADMIN)
    world.vendor.failing = failure('NET_DNS')
    await expect(world.service.checkIn(ADMIN)).rejects.toThrow()
    expect((await license(world))?.nextAt).toBe(START + HOUR + 30_000)
    await world.boot()
    await expect(world.service.checkIn(ADMIN)).rejects.toThrow()
    expect((await license(world))?.nextAt).toBe(START + HOUR + 2000)
  })

  it.each([['checkIn'], ['verdict']])('goes back to long waits after any good answer: %s', async (answer) => {
    const world = await licensed()
    if (answer === 'verdict') standardOf(world).verdict = 'revoked'
    await world.service.checkIn(ADMIN)
    world.vendor.failing = failure('NET_DNS')
    await expect(world.service.checkIn(ADMIN)).rejects.toThrow()
    expect((await license(world))?.nextAt).toBe(START + HOUR + 30_000)
  })

  it('honours Retry-After', async () => {
    const world = await licensed()
    world.vendor.failing = failure('SERVER_RATE_LIMITED', { retryAfterMs: 2 * HOUR })
    await expect(world.service.checkIn(ADMIN)).rejects.toThrow()
    expect((await license(world))?.nextAt).toBe(START + 3 * HOUR)
  })
})

it('a check-in that somebody asks for and that fails does not put off one that is due sooner than the next try would be', async () => {
  const world = await licensed()
  // Until the first that works, tries follow each other quickly.
  await world.service.checkIn(ADMIN)
  const { license } = await world.store.read()
  const due = license?.nextAt ?? 0
  world.clock.advance(due - world.clock.real() - 20_000)
  world.vendor.failing = failure('NET_DNS')
  await expect(world.service.checkIn(ADMIN)).rejects.toMatchObject({ code: 'NET_DNS' })
  expect((await world.store.read()).license).toMatchObject({ nextAt: due, consecutiveFailures: 1 })
  await world.run(30_000)
  const after = (await world.store.read()).license
  expect(after).toMatchObject({ consecutiveFailures: 2 })
  expect(after?.nextAt).toBeGreaterThan(world.clock.real())
})
