import { randomUUID } from 'node:crypto'
import type { StoredSession, StoredUser } from '../../server/accounts/ports.ts'
import type { Commit, NewDeactivation, NewEvent, SeqMark, StoredLicense, TrustedTimeRecord, VerdictRun } from '../../server/license/stored-records.ts'
import type { Attempt } from '../../server/license/record.ts'
import { activate, recordFailure, recordState, recordVerdict, remove, replaceLease } from '../../server/license/record.ts'
import type { Diagnostics, LicenseState } from '../../shared/contracts.ts'
import type { Finding, FindingFacts } from '../../shared/findings.ts'
import { findingOf, seen } from '../../shared/findings.ts'

/** 2026-03-01T12:00:00Z */
export const NOW = Date.UTC(2026, 2, 1, 12)
export const HOUR = 3_600_000
export const DAY = 24 * HOUR

export const fresh = { instanceId: 'a1'.repeat(16), sessionSecret: 'c0ffee', createdAt: NOW }
export const trusted: TrustedTimeRecord = { at: NOW, uptime: 5000, boot: 'boot-1', continuous: true }
export const deactivation: NewDeactivation = {
  sub: 'lic_old', lease: 'old.lease.sig', secret: 'old-secret', createdAt: NOW, nextAt: NOW + HOUR,
}

export function licenseOf(changes: Partial<StoredLicense> = {}): StoredLicense {
  return {
    method: 'standard', lease: 'header.lease-1.sig', jti: 'lease-1', verdict: null, verdictRun: null, secret: 'secret-1',
    maskedKey: 'nc_••••••••abcd', activatedAt: NOW, lastState: 'active', lastSuccessAt: NOW, lastAttemptAt: NOW,
    nextAt: NOW + 6 * HOUR, consecutiveFailures: 0, failingSince: null, lastError: null, lastFinding: null, ...changes,
  }
}

export function eventOf(changes: Partial<NewEvent> = {}): NewEvent {
  return {
    kind: 'activated', at: NOW, actor: 'user', actorEmail: 'admin@example.com', address: '192.0.2.1', details: {},
    finding: null, ...changes,
  }
}

export function markOf(seq: number, jti = `lease-${seq}`, sub = 'lic_1'): SeqMark {
  return { sub, seq, jti }
}

export function attemptOf(at: number): Attempt {
  return { at, nextAt: at + HOUR }
}

type SaveChanges = Partial<Omit<Commit, 'if' | 'change'>> & { license?: StoredLicense, deactivate?: NewDeactivation }
/** An activation, over the revision that a person was looking at. */
export function saveOf(revision: number, { license = licenseOf(), deactivate, ...changes }: SaveChanges = {}): Commit {
  const seq = changes.seq ?? markOf(1)
  return { if: { revision }, seq, trusted, event: eventOf(), change: activate(license, seq.sub, deactivate ?? null), ...changes }
}

export function removalOf(revision: number, deactivate: NewDeactivation | null = null): Commit {
  return { if: { revision }, change: remove(deactivate), event: eventOf({ kind: 'removed' }) }
}

const systemEventOf = (kind: NewEvent['kind'], at: number): NewEvent =>
  eventOf({ kind, at, actor: 'system', actorEmail: null, address: null })

type AnswerChanges = { jti?: string, seq?: SeqMark, at?: number, visible?: boolean }
/** A check-in that was answered with a fresh lease. */
export function freshLeaseOf({ jti = 'lease-1', seq = markOf(2), at = NOW + HOUR, visible = false }: AnswerChanges = {}): Commit {
  const lease = { jws: `header.${seq.jti}.sig`, claims: { jti: seq.jti } }
  return {
    if: { jti }, seq, trusted: { ...trusted, at: NOW - HOUR }, event: systemEventOf('check_in_succeeded', at),
    change: replaceLease(lease, attemptOf(at), visible),
  }
}

type VerdictChanges = Omit<AnswerChanges, 'visible'> & { verdict?: VerdictRun['verdict'] }
/** A check-in that was answered with a verdict. */
export function verdictOf(
  { jti = 'lease-1', seq = markOf(2, 'verdict-2'), at = NOW + HOUR, verdict = 'suspended' }: VerdictChanges = {},
): Commit {
  const change = recordVerdict({ jws: 'a.verdict.sig', claims: { verdict, iat: at / 1000 } }, attemptOf(at), null)
  return { if: { jti }, seq, change, event: systemEventOf('verdict', at) }
}

/** What is found where the license server does not answer. */
export function silenceOf(at: number, facts: FindingFacts = { host: 'license.example', seconds: 10 }): Finding {
  return findingOf(seen('NET_TIMEOUT', 'no_answer', facts), at)
}

export function failureOf(at: number, jti = 'lease-1', finding = silenceOf(at)): Commit {
  const { code, cause } = finding
  return { if: { jti }, change: recordFailure(finding, attemptOf(at)), event: { ...systemEventOf('check_in_failed', at), details: { code, cause }, finding } }
}

/** A run of diagnostics that ended at the second stage. */
export function diagnosticsOf(at: number): Diagnostics {
  const finding = findingOf(seen('NET_DNS', 'dns_no_such_name', { host: 'license.example' }), at)
  return {
    ok: false, verdict: 'problem', ranAt: new Date(at).toISOString(),
    stages: [
      { stage: 'configuration', result: 'ok', milliseconds: 1, code: null, remedy: null, finding: null, because: null, facts: { server: 'https://license.example', proxy: false } },
      { stage: 'dns', result: 'failed', milliseconds: 12, code: 'NET_DNS', remedy: 'Check the name.', finding, because: null, facts: { host: 'license.example' } },
      { stage: 'tcp', result: 'skipped', milliseconds: null, code: null, remedy: null, finding: null, because: 'not_reached', facts: { port: null } },
    ],
  }
}

export function toldStateOf(state: LicenseState, jti = 'lease-1'): Commit {
  return { if: { jti }, change: recordState(state), event: eventOf({ kind: 'state_changed', actor: 'system', details: { to: state } }) }
}

/** What every sample account has, unless a test says otherwise. */
export const PASSWORD_HASH = '$argon2id$v=19$hash'

export function userOf(changes: Partial<StoredUser> = {}): StoredUser {
  const id = randomUUID()
  return {
    id, email: `${id}@example.com`, role: 'viewer', passwordHash: PASSWORD_HASH, createdAt: NOW, ...changes,
  }
}

export function sessionOf(user: StoredUser, changes: Partial<StoredSession> = {}): StoredSession {
  return { id: randomUUID(), userId: user.id, createdAt: NOW, lastSeenAt: NOW, expiresAt: NOW + DAY, ...changes }
}
