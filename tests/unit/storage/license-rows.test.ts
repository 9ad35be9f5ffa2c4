import { describe, expect, it } from 'vitest'
import type { StoredLicense } from '../../../server/license/stored-records.ts'
import { toAnchorColumns, toLicenseRow, toPrevious, toPreviousColumn, toSnapshot, toTrustedColumns } from '../../../server/storage/license-rows.ts'
import { findingOf, seen } from '../../../shared/findings.ts'

/* What is read of rows that somebody, or another version, has written: column by column, for SQLite keeps any value in any of them. */

const NOW = Date.UTC(2026, 2, 1, 12)
const finding = findingOf(seen('NET_TIMEOUT', 'no_answer', { host: 'license.example', seconds: 10 }), NOW + 3)
const license: StoredLicense = {
  method: 'standard', lease: 'header.lease-1.sig', jti: 'lease-1', verdict: 'a.verdict.sig', verdictRun: { verdict: 'suspended', since: NOW + 1 },
  secret: 'secret-1', maskedKey: 'nc_••••••••abcd', activatedAt: NOW, lastState: 'active', lastSuccessAt: NOW + 2, lastAttemptAt: NOW + 3,
  nextAt: NOW + 4, consecutiveFailures: 2, failingSince: NOW + 5, lastError: 'NET_TIMEOUT', lastFinding: finding,
}
const outbound = { at: new Date(NOW).toISOString(), method: 'POST', url: 'https://license.example/v1/check-ins', body: { lease: '…' } }
const previous = {
  method: 'airgapped' as const, lease: 'a.lease.sig', jti: 'lease-0', secret: 'secret-0', maskedKey: 'nc_ag_••••••••abcd', activatedAt: NOW,
  lastSuccessAt: NOW + 1, sub: 'lic_0', seq: 7, plan: 'enterprise', expiresAt: NOW + 9, replacedAt: NOW + 2,
}

const { id: _, ...columns } = toLicenseRow(license)
const ROW = {
  revision: 3, version: 12, seats_used: 5, env_digest: 'digest', renewal_attempt_at: NOW + 6, last_request: JSON.stringify(outbound), previous_license: JSON.stringify(previous),
  ...toTrustedColumns({ at: NOW, uptime: 5_000, boot: 'boot-1', continuous: true }), ...toAnchorColumns({ jti: 'lease-1', at: NOW, wall: NOW + 7 }),
  ...columns, mark_sub: 'lic_1', mark_seq: 4, mark_jti: 'lease-1', deactivated_at: NOW + 8,
}
const read = (edits: object = {}) => toSnapshot([Object({ ...ROW, ...edits })])
/** What no release writes as a time: before 1970, past the last that ISO 8601 writes with four digits, no number. */
const NO_TIMES = [-1, 253_402_300_800_000, 9e15, Number.NaN, Number.POSITIVE_INFINITY, 'yesterday', null]
const TIMES = [0, 1, NOW, 253_402_300_799_999]

describe('rows as this version writes them', () => {
  it('are read as they were stored', () => {
    expect(read()).toEqual({
      revision: 3, version: 12, license, marks: [{ sub: 'lic_1', seq: 4, jti: 'lease-1' }],
      trusted: { at: NOW, uptime: 5_000, boot: 'boot-1', continuous: true }, anchor: { jti: 'lease-1', at: NOW, wall: NOW + 7 },
      seatsUsed: 5, provisionedDigest: 'digest', renewalAttemptAt: NOW + 6, lastRequest: outbound, previous, deactivatedAt: NOW + 8,
    })
  })

  it('are one for every mark', () => {
    const { marks } = toSnapshot([Object(ROW), Object({ ...ROW, mark_sub: 'lic_2', mark_seq: 1, mark_jti: 'lease-9' })])
    expect(marks).toEqual([{ sub: 'lic_1', seq: 4, jti: 'lease-1' }, { sub: 'lic_2', seq: 1, jti: 'lease-9' }])
  })

  it('say what is not there', () => {
    const empty = Object.fromEntries(Object.keys(ROW).map(name => [name, null]))
    expect(toSnapshot([Object({ ...empty, revision: 0, version: 0 })])).toEqual({
      revision: 0, version: 0, license: null, marks: [], trusted: null, anchor: null, seatsUsed: null, provisionedDigest: null,
      renewalAttemptAt: null, lastRequest: null, previous: null, deactivatedAt: null,
    })
  })

  it('are at least one', () => {
    expect(() => toSnapshot([])).toThrow('the installation has no row')
  })

  it('hold whole milliseconds', () => {
    const late = (at: number) => at + 0.4
    expect(toLicenseRow({
      ...license, activatedAt: late(NOW), lastSuccessAt: late(NOW), lastAttemptAt: late(NOW), nextAt: late(NOW), failingSince: late(NOW),
    })).toMatchObject({ activated_at: NOW, last_success_at: NOW, last_attempt_at: NOW, next_at: NOW, failing_since: NOW })
    expect(toAnchorColumns({ jti: 'lease-1', at: late(NOW), wall: late(NOW) })).toEqual({ anchor_jti: 'lease-1', anchor_at: NOW, anchor_wall: NOW })
    expect(toTrustedColumns({ at: late(NOW), uptime: 5_000.4, boot: null, continuous: false }))
      .toEqual({ trusted_at: NOW, trusted_uptime: 5_000, trusted_boot: null, trusted_continuous: 0 })
    expect(toPrevious(toPreviousColumn({ ...previous, activatedAt: late(NOW), lastSuccessAt: late(NOW), replacedAt: late(NOW) })))
      .toEqual({ ...previous, activatedAt: NOW, lastSuccessAt: NOW, replacedAt: NOW })
  })

  it('hold nothing where nothing is known', () => {
    expect(toLicenseRow({ ...license, verdict: null, verdictRun: null, lastFinding: null, lastSuccessAt: null }))
      .toMatchObject({ verdict_kind: null, verdict_since: null, last_finding: null, last_success_at: null })
  })
})

describe('a license', () => {
  it.each(['method', 'lease', 'jti', 'activated_at', 'consecutive_failures'])('without its %s is none', (name) => {
    expect(read({ [name]: null }).license).toBeNull()
  })

  it.each([['last_success_at', 'lastSuccessAt'], ['last_attempt_at', 'lastAttemptAt'], ['next_at', 'nextAt'], ['failing_since', 'failingSince']] as const)(
    'has no %s where the column holds no time', (column, name) => {
      for (const time of NO_TIMES) expect([time, read({ [column]: time }).license?.[name]]).toEqual([time, null])
      for (const time of TIMES) expect(read({ [column]: time }).license?.[name]).toBe(time)
    })

  it('was activated in 1970 where the column holds no time', () => {
    for (const time of NO_TIMES.filter(each => each !== null)) expect(read({ activated_at: time }).license?.activatedAt).toBe(0)
  })

  it.each(['tomorrow', '', null])('was last told to be invalid where its state is %o, which this version does not know', (state) => {
    expect(read({ last_state: state }).license?.lastState).toBe('invalid')
    expect(read({ last_state: 'grace' }).license?.lastState).toBe('grace')
  })

  it('has no last error that this version does not know, and no finding of another one', () => {
    expect(read({ last_error: 'NET_TOMORROW' }).license).toMatchObject({ lastError: null, lastFinding: null })
    expect(read({ last_error: 'NET_DNS' }).license).toMatchObject({ lastError: 'NET_DNS', lastFinding: null })
    expect(read({ last_error: null }).license).toMatchObject({ lastError: null, lastFinding: null })
  })

  it('has no finding of another attempt, and none that is not readable', () => {
    for (const edits of [{ last_attempt_at: NOW + 4 }, { last_attempt_at: null }, { last_finding: null }, { last_finding: 'not JSON' }]) {
      expect(read(edits).license).toMatchObject({ lastError: 'NET_TIMEOUT', lastFinding: null })
    }
  })

  it.each<[string, object]>([
    ['no verdict', { verdict: null }], ['a kind of tomorrow', { verdict_kind: 'telepathy' }], ['no kind', { verdict_kind: null }],
    ...NO_TIMES.map((time): [string, object] => [`${time} as its beginning`, { verdict_since: time }]),
  ])('has no run of verdicts with %s', (_what, edits) => {
    expect(read(edits).license?.verdictRun).toBeNull()
  })

  it('has the marks that are whole', () => {
    for (const edits of [{ mark_sub: null }, { mark_jti: null }, { mark_seq: null }, { mark_seq: 'four' }]) expect(read(edits).marks).toEqual([])
    expect(read({ mark_seq: 0 }).marks).toEqual([{ sub: 'lic_1', seq: 0, jti: 'lease-1' }])
  })
})

describe('what is known of the time', () => {
  it.each(['trusted_at', 'trusted_uptime'])('is nothing where %s holds no time', (column) => {
    for (const time of NO_TIMES) expect([time, read({ [column]: time }).trusted]).toEqual([time, null])
    for (const time of TIMES) expect(read({ [column]: time }).trusted).not.toBeNull()
  })

  it('is without a gap only where that was noted', () => {
    expect([0, 1, 2, null].map(continuous => read({ trusted_continuous: continuous }).trusted?.continuous)).toEqual([false, true, false, false])
  })

  it.each(['anchor_at', 'anchor_wall'])('has no anchor where %s holds no time', (column) => {
    for (const time of NO_TIMES) expect([time, read({ [column]: time }).anchor]).toEqual([time, null])
    for (const time of TIMES) expect(read({ [column]: time }).anchor).not.toBeNull()
  })

  it('has no anchor that belongs to no lease', () => {
    expect(read({ anchor_jti: null }).anchor).toBeNull()
  })
})

describe('the license before', () => {
  it.each<[string, unknown]>([
    ['is not JSON', 'not JSON'], ['is no object', '[]'], ['lacks something', { lease: undefined }], ['is of a method of tomorrow', { method: 'telepathy' }],
    ...(['activatedAt', 'expiresAt', 'replacedAt', 'lastSuccessAt'] as const).flatMap((name): [string, unknown][] => [
      [`has ${name} before 1970`, { [name]: -1 }], [`has ${name} that no calendar shows`, { [name]: 253_402_300_800_000 }],
      [`has ${name} between two milliseconds`, { [name]: NOW + 0.5 }],
    ]),
    ['has half a number in its sequence', { seq: 1.5 }],
  ])('cannot be put back where it %s', (_what, edits) => {
    const text = typeof edits === 'string' ? edits : JSON.stringify({ ...previous, ...Object(edits) })
    expect(toPrevious(text)).toBeNull()
    expect(read({ previous_license: text }).previous).toBeNull()
  })

  it('can be from the first day to the last', () => {
    const first = { ...previous, activatedAt: 0, lastSuccessAt: null, secret: null, maskedKey: null, expiresAt: 253_402_300_799_999 }
    expect(toPrevious(JSON.stringify(first))).toEqual(first)
  })
})

it.each(['not JSON', '{}', '[]'])('the last request is none where the column holds %s', (text) => {
  expect(read({ last_request: text }).lastRequest).toBeNull()
})
