import { describe, expect, it } from 'vitest'
import type { NewDeactivation, SeqMark, StoredLicense, VerdictRun } from '../../../server/license/stored-records.ts'
import type { Attempt } from '../../../server/license/record.ts'
import {
  activate, activated, dayOf, deactivationOf, isNoticed, markIn, mayFollow, recordFailure, recordState, recordVerdict, remove, replaceLease,
  runInForce, seqMarkOf, withFailure, withLease, withVerdict,
} from '../../../server/license/record.ts'
import type { Holding } from '../../../server/license/state.ts'
import type { Lease } from '../../../server/license/token.ts'
import type { CheckedInLease, LeaseClaims } from '../../../server/license/claims.ts'
import {
  airgappedClaims, HOUR, INSTANCE, leaseOf, offlineClaims, OTHER_INSTANCE, standardClaims, verdictOf,
} from '../../support/claims.ts'
import { findingOf, seen } from '../../../shared/findings.ts'
import { storedOf } from '../../support/holding.ts'
import { START } from '../../support/simulated-clock.ts'

const lease = leaseOf(standardClaims())
const fresh = leaseOf(standardClaims({ seq: 2, jti: 'jti-2' }))
const verdict = verdictOf()
const attempt: Attempt = { at: START + HOUR, nextAt: START + 2 * HOUR }
const silent = findingOf(seen('NET_DNS', 'dns_silent', { host: 'license.example' }), START - HOUR)
const expired = findingOf(seen('NET_TLS', 'certificate_expired', { host: 'license.example' }), attempt.at)
/** A row with something in every column. */
const failing = storedOf(lease, {
  verdict: verdict.jws, verdictRun: { verdict: 'revoked', since: START - HOUR }, secret: 'secret', maskedKey: 'nc_••••', lastState: 'grace', lastSuccessAt: START - 2 * HOUR, lastAttemptAt: START - HOUR,
  nextAt: START, consecutiveFailures: 3, failingSince: START - HOUR, lastError: 'NET_DNS', lastFinding: silent,
})

describe('an accepted activation', () => {
  const contact = { lastSuccessAt: attempt.at, lastAttemptAt: attempt.at }
  const none = { lastSuccessAt: null, lastAttemptAt: null }

  it.each<[string, LeaseClaims, string | null, Partial<StoredLicense>]>([
    ['of a key that is checked in', standardClaims(), 'secret', { method: 'standard', ...contact }],
    ['of an airgapped key', airgappedClaims(), 'secret', { method: 'airgapped', ...contact }],
    ['of a token, for which nobody was asked', offlineClaims(), null, { method: 'offline', ...none }],
  ])('%s makes a row without failures or a verdict', (_, claims, secret, expected) => {
    const accepted = { lease: leaseOf(claims), secret, maskedKey: secret && 'nc_••••' }
    expect(activated(accepted, INSTANCE, attempt)).toEqual({
      lease: accepted.lease.jws, jti: 'jti-1', verdict: null, verdictRun: null, secret, maskedKey: accepted.maskedKey, activatedAt: attempt.at,
      lastState: 'active', nextAt: attempt.nextAt, consecutiveFailures: 0, failingSince: null, lastError: null, lastFinding: null, ...expected,
    })
  })

  it.each<[string, string, number, string]>([
    ['on this installation', INSTANCE, START, 'active'], ['on another', OTHER_INSTANCE, START, 'mismatch'],
    ['after its term', INSTANCE, START + 400 * 24 * HOUR, 'expired'],
  ])('%s tells the state it begins with', (_, instanceId, at, state) => {
    expect(activated({ lease, secret: null, maskedKey: null }, instanceId, { at, nextAt: null }).lastState).toBe(state)
  })
})

describe('the row', () => {
  const contact = { lastSuccessAt: attempt.at, consecutiveFailures: 0, failingSince: null, lastError: null, lastFinding: null }
  const found = { lastError: 'NET_TLS', lastFinding: expired } as const

  it.each<[string, StoredLicense, Partial<StoredLicense>]>([
    ['a fresh lease, which lifts the verdict', withLease(failing, fresh, attempt), { lease: fresh.jws, jti: 'jti-2', verdict: null, verdictRun: null, ...contact }],
    ['a verdict, which is a good contact too', withVerdict({ ...failing, verdict: null, verdictRun: null }, verdict, attempt, null),
      { verdict: verdict.jws, verdictRun: { verdict: 'revoked', since: START }, ...contact }],
    ['one more failure in a row', withFailure(failing, expired, attempt), { consecutiveFailures: 4, ...found }],
    ['a first failure', withFailure({ ...failing, ...contact }, expired, attempt),
      { lastSuccessAt: attempt.at, consecutiveFailures: 1, failingSince: attempt.at, ...found }],
  ])('after %s is otherwise as before', (_, row, changes) => {
    expect(row).toEqual({ ...failing, lastAttemptAt: attempt.at, nextAt: attempt.nextAt, ...changes })
  })
})

describe('a decision', () => {
  const deactivate: NewDeactivation = { sub: 'lic_1', lease: lease.jws, secret: 'secret', createdAt: START, nextAt: START }

  it.each([
    ['a removal', remove(deactivate)], ['a lease', replaceLease(fresh, attempt, true)], ['a verdict', recordVerdict(verdict, attempt, null)],
    ['a failure', recordFailure(expired, attempt)], ['a state', recordState('grace')],
  ])('on %s is stale where nothing is stored', (_, decide) => {
    expect(decide(null)).toBe('stale')
  })

  it('to activate takes the place of anything, and a person sees it', () => {
    const row = storedOf(fresh)
    for (const stored of [null, failing]) {
      expect(activate(row, 'lic_1', deactivate)(stored)).toMatchObject({ license: row, visible: true, deactivate })
    }
  })

  it.each([['lic_1', true], [null, true], ['lic_2', false]])('to activate lic_1 cancels what was to be told of %s: %s', (sub, expected) => {
    const change = activate(storedOf(fresh), 'lic_1', null)(null)
    expect(typeof change === 'object' && change.cancels?.({ sub })).toBe(expected)
  })

  it('to remove leaves nothing, and a person sees it', () => {
    expect(remove(deactivate)(failing)).toEqual({ license: null, visible: true, deactivate, previous: null })
  })

  it.each([true, false])('to replace the lease is seen if what a person sees has changed: %s', (visible) => {
    expect(replaceLease(fresh, attempt, visible)(failing)).toEqual({
      license: withLease(failing, fresh, attempt), visible, checkIn: { at: attempt.at, result: 'good' },
    })
  })

  it('to record a verdict is seen, and counts as a good check-in', () => {
    expect(recordVerdict(verdict, attempt, null)(failing)).toEqual({
      license: withVerdict(failing, verdict, attempt, null), visible: true, checkIn: { at: attempt.at, result: 'good' },
    })
  })

  it('to count a failure is not seen as another license', () => {
    expect(recordFailure(expired, attempt)(failing)).toEqual({
      license: withFailure(failing, expired, attempt), visible: false, checkIn: { at: attempt.at, result: 'failed' },
    })
  })

  it.each(['airgapped', 'offline'] as const)('counts no check-in of a license that makes none: %s', (method) => {
    for (const decide of [replaceLease(fresh, attempt, true), recordVerdict(verdict, attempt, null), recordFailure(expired, attempt)]) {
      expect(decide({ ...failing, method })).not.toHaveProperty('checkIn')
    }
  })

  it('to tell a state changes that alone, and nothing where it has been told', () => {
    expect(recordState('paused')(failing)).toEqual({ license: { ...failing, lastState: 'paused' }, visible: false })
    expect(recordState('grace')(failing)).toBe('stale')
  })
})

describe('a verdict that is given again', () => {
  const again = verdictOf({ seq: 3, jti: 'verdict-2', iat: START / 1000 + 6 * 3600 })
  const [first, held, anew]: VerdictRun[] = [START - HOUR, START + HOUR, START + 6 * HOUR].map(since => ({ verdict: 'revoked', since }))
  const suspended: VerdictRun = { verdict: 'suspended', since: START - 9 * HOUR }

  it.each<[string, VerdictRun | null, VerdictRun | null, VerdictRun | undefined]>([
    ['goes on with the run in the row', first ?? null, null, first],
    ['goes by the row, whatever this process knows', first ?? null, held ?? null, first],
    ['goes on with what this process knows, where the row does not say', null, held ?? null, held],
    ['begins a run where nobody knows of one', null, null, anew],
    ['begins anew after a verdict of another kind', suspended, null, anew],
    ['begins anew after another kind in the row, though this process knows of this one', suspended, held ?? null, anew],
  ])('%s, and is itself what is stored', (_, verdictRun, known, expected) => {
    const row = withVerdict({ ...failing, verdictRun }, again, attempt, known)
    expect(row).toMatchObject({ verdict: again.jws, verdictRun: expected })
  })

  it('after a lease begins anew', () => {
    expect(withVerdict(withLease(failing, fresh, attempt), again, attempt, null).verdictRun).toEqual(anew)
  })

  it.each<[string, Holding, StoredLicense | null, VerdictRun | null | undefined]>([
    ['as the row says', { kind: 'lease', lease, verdict: again }, failing, first],
    ['by its own date, in a row of an earlier version', { kind: 'lease', lease, verdict: again }, { ...failing, verdictRun: null }, anew],
    ['by its own date, where the row is about another kind', { kind: 'lease', lease, verdict: again }, { ...failing, verdictRun: suspended }, anew],
    ['never, without a verdict', { kind: 'lease', lease, verdict: null }, failing, null],
    ['never, where nothing verifies', { kind: 'invalid', code: 'TOKEN_SIGNATURE_INVALID', lease }, failing, null],
  ])('is in force since its run began: %s', (_, holding, row, expected) => {
    expect(runInForce(holding, row)).toEqual(expected)
  })
})

describe('the sequence of one license', () => {
  const mark = (seq: number, jti = `jti-${seq}`): SeqMark => ({ sub: 'lic_1', seq, jti })

  it.each<[string, SeqMark | null, SeqMark, boolean]>([
    ['begins anywhere', null, mark(0), true], ['goes up', mark(5), mark(6), true], ['goes up by any number', mark(5), mark(900), true],
    ['takes the same statement again', mark(5), mark(5), true], ['has one statement of a number', mark(5), mark(5, 'other'), false],
    ['never goes down', mark(5), mark(4), false], ['never goes down, also to the same name', mark(5), mark(4, 'jti-5'), false],
  ])('%s', (_, highest, next, expected) => {
    expect(mayFollow(highest, next)).toBe(expected)
  })

  it('is marked for each license by itself', () => {
    const marks = [mark(5), { ...mark(9), sub: 'lic_2' }]
    expect(markIn(marks, 'lic_2')).toEqual({ sub: 'lic_2', seq: 9, jti: 'jti-9' })
    expect(markIn(marks, 'lic_3')).toBeNull()
    expect(seqMarkOf(verdict)).toEqual({ sub: 'lic_1', seq: 2, jti: 'verdict-1' })
  })
})

/** What a lease is, rather than what it grants. */
type Identity = 'iss' | 'aud' | 'sub' | 'jti' | 'iat' | 'nbf' | 'seq' | 'instance_id' | 'method' | 'nonce'
const OTHER_TERMS: Required<Omit<CheckedInLease, Identity>> = {
  exp: lease.claims.exp + 1, plan: 'business', licensee: { organization: 'Other' }, features: ['sso'], seats: 26, limits: { limit_editor: 3 },
  check_in: { every: 21_600, grace: 1 }, renews: false,
}

describe('a person notices a fresh lease', () => {
  const held: Holding = { kind: 'lease', lease, verdict: null }
  const changed = (changes: object): Lease => leaseOf({ ...standardClaims({ seq: 2, jti: 'jti-2', iat: START / 1000 + 60 }), ...changes })

  it.each<[string, Holding, Lease, boolean]>([
    ['that says the same: no', held, changed({}), false],
    ['over nothing', { kind: 'none' }, fresh, true],
    ['over what did not verify', { kind: 'invalid', code: 'TOKEN_SIGNATURE_INVALID', lease }, fresh, true],
    ['that lifts a verdict', { ...held, verdict }, fresh, true],
    ['with another address of the licensee', held, changed({ licensee: { ...lease.claims.licensee, email: 'new@licensee.example' } }), true],
    ['with its limits in another order: no',
      { ...held, lease: leaseOf(standardClaims({ limits: { limit_a: 1, limit_b: 2 } })) }, changed({ limits: { limit_b: 2, limit_a: 1 } }), false],
  ])('%s', (_, before, next, expected) => {
    expect(isNoticed(before, next)).toBe(expected)
  })

  it.each(Object.entries(OTHER_TERMS))('whose %s is another', (name, value) => {
    expect(isNoticed(held, changed({ [name]: value }))).toBe(true)
  })
})

describe('what the vendor is told of a license that goes', () => {
  const stored = storedOf(lease, { secret: 'secret' })
  const held: Holding = { kind: 'lease', lease, verdict: null }
  const told = { sub: 'lic_1', lease: lease.jws, secret: 'secret', createdAt: START, nextAt: START }
  const other = leaseOf(standardClaims({ sub: 'lic_2' }))

  it.each<[string, StoredLicense | null, Holding, Lease | null, NewDeactivation | null]>([
    ['all of it, when it is removed', stored, held, null, told],
    ['all of it, when another takes its place', stored, held, other, told],
    ['nothing, when the same takes its place', stored, held, fresh, null],
    ['nothing, when the same takes the place of a row that was edited',
      stored, { kind: 'invalid', code: 'TOKEN_OLDER_THAN_CURRENT', lease }, fresh, null],
    ['what the row says, where its license is not known',
      { ...stored, lease: 'edited' }, { kind: 'invalid', code: 'TOKEN_SIGNATURE_INVALID', lease: null }, fresh, { ...told, sub: null, lease: 'edited' }],
    ['nothing without a license', null, { kind: 'none' }, null, null],
    ['nothing of one that occupies no seat', { ...stored, method: 'airgapped' }, held, null, null],
    ['nothing without its secret', { ...stored, secret: null }, held, null, null],
  ])('%s', (_, license, holding, next, expected) => {
    expect(deactivationOf(license, holding, START, next)).toEqual(expected)
  })
})

it.each([[Date.UTC(2026, 2, 1, 23, 59, 59, 999), '2026-03-01'], [Date.UTC(2026, 2, 2), '2026-03-02']])('the UTC day of %i is %s', (at, day) => {
  expect(dayOf(at)).toBe(day)
})
