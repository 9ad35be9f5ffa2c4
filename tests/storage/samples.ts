import { randomUUID } from 'node:crypto'
import type { StoredSession, StoredUser } from '../../server/accounts/ports.ts'
import type {
  AttemptOutcome, LicenseStore, NewDeactivation, NewEvent, SeqMark, StoredLicense, TrustedTimeRecord,
} from '../../server/license/ports.ts'

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
    method: 'standard', lease: 'header.lease-1.sig', jti: 'lease-1', verdict: null, secret: 'secret-1',
    maskedKey: 'nc_••••••••abcd', activatedAt: NOW, lastState: 'active', lastSuccessAt: NOW, lastAttemptAt: NOW,
    nextAt: NOW + 6 * HOUR, consecutiveFailures: 0, failingSince: null, lastError: null, ...changes,
  }
}

export function eventOf(changes: Partial<NewEvent> = {}): NewEvent {
  return {
    kind: 'activated', at: NOW, actor: 'user', actorEmail: 'admin@example.com', address: '192.0.2.1', details: {},
    ...changes,
  }
}

export function markOf(seq: number, jti = `lease-${seq}`, sub = 'lic_1'): SeqMark {
  return { sub, seq, jti }
}

export function outcomeOf(at: number, changes: Partial<NewEvent> = {}): AttemptOutcome {
  return {
    at, nextAt: at + HOUR,
    event: eventOf({ kind: 'check_in_succeeded', at, actor: 'system', actorEmail: null, address: null, ...changes }),
  }
}

type SaveInput = Parameters<LicenseStore['saveLicense']>[0]
export function saveOf(revision: number, changes: Partial<SaveInput> = {}): SaveInput {
  return { revision, license: licenseOf(), seq: markOf(1), trusted, event: eventOf(), deactivate: null, ...changes }
}

export function userOf(changes: Partial<StoredUser> = {}): StoredUser {
  const id = randomUUID()
  return {
    id, email: `${id}@example.com`, role: 'viewer', passwordHash: '$argon2id$v=19$hash', createdAt: NOW, ...changes,
  }
}

export function sessionOf(user: StoredUser, changes: Partial<StoredSession> = {}): StoredSession {
  return { id: randomUUID(), userId: user.id, createdAt: NOW, lastSeenAt: NOW, expiresAt: NOW + DAY, ...changes }
}
