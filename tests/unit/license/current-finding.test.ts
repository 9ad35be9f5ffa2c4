import { beforeEach, describe, expect, it } from 'vitest'
import { currentFinding, endedByClock, seenOfClock } from '../../../server/license/current-finding.ts'
import type { LicenseHolder } from '../../../server/license/license-holder.ts'
import { seqMarkOf } from '../../../server/license/record.ts'
import type { StoredLicense } from '../../../server/license/stored-records.ts'
import type { Lease } from '../../../server/license/token.ts'
import type { Finding } from '../../../shared/findings.ts'
import { findingOf, seen, textOf } from '../../../shared/findings.ts'
import {
  airgappedClaims, DAY, HOUR, INSTANCE, leaseOf, offlineClaims, OTHER_INSTANCE, signed, standardClaims, verdictOf,
} from '../../support/claims.ts'
import { holderOf, storedOf, storeRow } from '../../support/holding.ts'
import { createMemoryStore } from '../../support/memory-store.ts'
import { verifySynchronously } from '../../support/signing.ts'
import type { SimulatedClock } from '../../support/simulated-clock.ts'
import { createSimulatedClock, START } from '../../support/simulated-clock.ts'

beforeEach(verifySynchronously)

const MINUTE = 60_000
const iso = (ms: number) => new Date(ms).toISOString()
const standard = leaseOf(standardClaims())
const airgapped = leaseOf(airgappedClaims())
const offline = leaseOf(offlineClaims())
const END = START + 365 * DAY
const silence = findingOf(seen('NET_TIMEOUT', 'no_answer', { host: 'license.example', seconds: 10 }), START + HOUR)
const failing = { consecutiveFailures: 2, failingSince: START + HOUR, lastError: 'NET_TIMEOUT', lastFinding: silence } as const

interface Made { row?: Partial<StoredLicense>, seq?: number, instanceId?: string, continuous?: boolean }
/** A process that finds this row in its database, and the clock that it reads. */
async function holding(lease: Lease, { row = {}, seq, instanceId, continuous = true }: Made = {}): Promise<{ holder: LicenseHolder, clock: SimulatedClock }> {
  const [clock, store] = [createSimulatedClock(), createMemoryStore()]
  const { uptime, boot } = clock.read()
  const mark = seqMarkOf(lease)
  await storeRow(store, storedOf(lease, row), seq === undefined ? mark : { ...mark, seq, jti: `jti-${seq}` }, { trusted: { at: START, uptime, boot, continuous } })
  return { holder: await holderOf(clock, store, instanceId), clock }
}
const findingIn = (holder: LicenseHolder): Finding | null => currentFinding(holder, holder.observe(), null)

describe('the finding of a state', () => {
  const verdict = (name: 'revoked' | 'suspended' | 'bound_elsewhere') => verdictOf({ verdict: name, iat: START / 1000 + 60 }).jws
  const PAUSED = 8 * DAY
  const edited = { row: { lease: `${standard.jws.slice(0, -8)}AAAAAAAA` } }
  const unknown = { row: { lease: signed('lease', standard.claims, { kid: 'vendor-9' }) } }

  it.each<[state: string, Lease, Made, after: number, Partial<Finding> | null]>([
    ['active', standard, {}, HOUR, null],
    ['grace', standard, {}, 7 * HOUR, null],
    ['grace', standard, { row: failing }, 7 * HOUR, silence],
    ['active', airgapped, { row: failing }, HOUR, null],
    ['paused', standard, {}, PAUSED, null],
    ['paused', standard, { row: failing }, PAUSED, silence],
    ['expired', standard, { row: failing }, 366 * DAY, { code: 'LICENSE_EXPIRED', reference: 'NCL-103', cause: 'ended', stage: 'credential', facts: { expiresAt: iso(END), setting: 'stored' }, at: iso(END) }],
    ['expired', offline, {}, 366 * DAY, { cause: 'ended', facts: { expiresAt: iso(END), setting: 'stored' }, at: iso(END) }],
    ['revoked', standard, { row: { verdict: verdict('revoked') } }, HOUR, { code: 'LICENSE_REVOKED', cause: 'revoked', facts: {}, at: iso(START + MINUTE) }],
    ['suspended', standard, { row: { verdict: verdict('suspended') } }, HOUR, { code: 'LICENSE_SUSPENDED', cause: 'suspended', facts: {}, at: iso(START + MINUTE) }],
    ['mismatch', standard, { row: { verdict: verdict('bound_elsewhere') } }, HOUR,
      { code: 'BOUND_TO_DIFFERENT_INSTALLATION', cause: 'bound_elsewhere', facts: { instanceId: INSTANCE }, at: iso(START + MINUTE) }],
    ['mismatch', offline, { instanceId: OTHER_INSTANCE }, HOUR,
      { code: 'BOUND_TO_DIFFERENT_INSTALLATION', cause: 'other_installation', facts: { expected: OTHER_INSTANCE, found: INSTANCE }, at: iso(START + HOUR) }],
    ['invalid', standard, edited, HOUR, { code: 'TOKEN_SIGNATURE_INVALID', cause: 'row_edited', stage: 'storage', facts: {}, at: iso(START + HOUR) }],
    ['invalid', standard, { seq: 9 }, HOUR, { code: 'TOKEN_OLDER_THAN_CURRENT', cause: 'row_edited', stage: 'storage', facts: { setting: 'older' } }],
    ['invalid', standard, { row: { method: 'airgapped' } }, HOUR, { code: 'TOKEN_WRONG_KIND', cause: 'row_edited', facts: { setting: 'unfit' } }],
    ['invalid', standard, unknown, HOUR, { code: 'TOKEN_UNKNOWN_SIGNER', cause: 'unknown_signer', facts: {} }],
  ])('%s, by what is stored', async (state, lease, made, after, expected) => {
    const { holder, clock } = await holding(lease, made)
    clock.advance(after)
    expect(holder.observe().state).toBe(state)
    if (expected === null) expect(findingIn(holder)).toBeNull()
    else expect(findingIn(holder)).toMatchObject(expected)
    if (expected?.facts) expect(findingIn(holder)?.facts).toEqual(expected.facts)
  })

  it('unlicensed is none', async () => {
    expect(findingIn(await holderOf(createSimulatedClock()))).toBeNull()
  })
})

describe('of several things that are wrong', () => {
  const full = { seen: seen('STORAGE_UNAVAILABLE', 'disk_full', { location: '/data/license.db' }), since: START + 7 }
  const revoked = verdictOf({ iat: START / 1000 + 60 }).jws

  it.each<[string, Partial<StoredLicense>, wallOff: number, storage: typeof full | null, cause: string | undefined]>([
    ['the database comes first', { ...failing, verdict: revoked }, -DAY, full, 'disk_full'],
    ['then the state', { ...failing, verdict: revoked }, -DAY, null, 'revoked'],
    ['then the check-ins', failing, -DAY, null, 'no_answer'],
    ['then the clock', {}, -DAY, null, 'clock_behind'],
    ['and where nothing is wrong there is none', {}, 0, null, undefined],
    ['check-ins that failed under a version that found nothing tell nothing', { ...failing, lastFinding: null }, -DAY, null, 'clock_behind'],
    ['what an attempt found is over with the next good one', { ...failing, consecutiveFailures: 0 }, 0, null, undefined],
  ])('%s', async (_, row, wallOff, storage, cause) => {
    const { holder, clock } = await holding(standard, { row })
    clock.advance(HOUR)
    clock.shiftWall(wallOff)
    expect(currentFinding(holder, holder.observe(), storage)?.cause).toBe(cause)
  })

  it('the database\'s is as old as its trouble', async () => {
    const { holder } = await holding(standard)
    expect(currentFinding(holder, holder.observe(), full)).toEqual({ ...full.seen, reference: 'NCL-315', at: iso(START + 7) })
  })
})

describe('a license that has ended', () => {
  async function ended(wallOff: number, made: Made = {}, after = HOUR) {
    const { holder, clock } = await holding(offline, made)
    clock.advance(after)
    clock.shiftWall(wallOff)
    const moment = holder.observe()
    expect(moment.state).toBe('expired')
    return { holder, moment, finding: currentFinding(holder, moment, null) }
  }

  it('only by a clock that trusted time contradicts is not over, and says so', async () => {
    const { finding, moment } = await ended(400 * DAY)
    expect(finding).toMatchObject({ code: 'CLOCK_AHEAD', reference: 'NCL-401', cause: 'clock_ahead', stage: 'clock', at: iso(END) })
    expect(finding?.facts).toEqual({
      clock: iso(START + HOUR + 400 * DAY), trusted: iso(moment.trusted ?? 0), difference: Math.round((moment.wall - (moment.trusted ?? 0)) / 1000),
      expiresAt: iso(END),
    })
    expect(finding && textOf(finding)).toBe('clock_ahead_ended')
  })

  it('by a clock that may be right, because the machine was off for an unknown time, says that it may be', async () => {
    const { finding } = await ended(400 * DAY, { continuous: false })
    expect(finding).toMatchObject({ code: 'LICENSE_EXPIRED', cause: 'clock_ahead', facts: { setting: 'perhaps', expiresAt: iso(END) } })
    expect(finding && textOf(finding)).toBe('clock_ahead_perhaps')
  })

  it.each([[0, 'ended'], [DAY, 'ended'], [-DAY, 'ended']])('by trusted time too is over, whatever the clock says: off by %i ms', async (wallOff, cause) => {
    expect((await ended(wallOff, {}, 366 * DAY)).finding?.cause).toBe(cause)
  })

  it('at a moment that differs by no more than well-kept clocks do is over', async () => {
    const { moment } = await ended(400 * DAY)
    const at = (trusted: number | null, wall: number) => endedByClock({ ...moment, trusted, wall }, END)?.cause
    expect(at(END - 5 * MINUTE, END)).toBeUndefined()
    expect(at(END - 5 * MINUTE - 1, END)).toBe('clock_ahead')
    expect(at(END, END + DAY)).toBeUndefined()
    expect(at(END - 1, END + DAY)).toBe('clock_ahead')
    expect(at(END - DAY, END - 1)).toBeUndefined()
    expect(at(null, END + DAY)).toBeUndefined()
  })
})

describe('the clock of this server', () => {
  it.each<[string, wallOff: number, continuous: boolean, object | null]>([
    ['that is right', 0, true, null],
    ['ahead by as much as well-kept clocks differ', 5 * MINUTE, true, null],
    ['ahead', DAY, true, { code: 'CLOCK_AHEAD', cause: 'clock_ahead', stage: 'clock', facts: { difference: 86_400, clock: iso(START + DAY), trusted: iso(START) } }],
    ['ahead after a gap that proves nothing', DAY, false, null],
    ['behind', -2 * HOUR, true, { code: 'CLOCK_BEHIND', cause: 'clock_behind', stage: 'clock', facts: { difference: 7200, clock: iso(START - 2 * HOUR), trusted: iso(START) } }],
    ['behind after a gap', -2 * HOUR, false, { code: 'CLOCK_BEHIND', cause: 'clock_behind' }],
  ])('%s', async (_, wallOff, continuous, expected) => {
    const { holder, clock } = await holding(standard, { continuous })
    clock.shiftWall(wallOff)
    const found = seenOfClock(holder.observe())
    if (expected === null) expect(found).toBeNull()
    else expect(found).toMatchObject(expected)
  })

  it('is not judged where there is no trusted time', async () => {
    const holder = await holderOf(createSimulatedClock())
    expect(seenOfClock({ ...holder.observe(), wall: 0 })).toBeNull()
  })
})
