import type { Role } from '../../shared/contracts.ts'
import type { NewEvent } from '../license/stored-records.ts'

/* Accounts and sessions. Times are milliseconds since 1970, UTC. */

/** Outcome of a conditional write: 'stale' if what it was based on has changed. */
export type Written = 'written' | 'stale'

export interface StoredUser {
  id: string
  email: string
  role: Role
  /** PHC string (Argon2id). */
  passwordHash: string
  createdAt: number
}

export interface StoredSession {
  /** HMAC of the cookie's token, so that reading the database gives nobody a session. */
  id: string
  userId: string
  createdAt: number
  lastSeenAt: number
  expiresAt: number
}

/** The provisioned administrator that was applied last, with the password as an Argon2id hash. */
export interface AppliedAdmin { email: string, passwordHash: string }
/** Null if none was ever applied; 'unknown' at the first start after an upgrade from a version that did not record it. */
export type Applied = AppliedAdmin | 'unknown' | null

/** The one-time set-up token: its SHA-256 in hex, and when it expires. */
export interface StoredSetup { digest: string, expiresAt: number }

export interface AccountStore {
  countAdmins(): Promise<number>
  /** With the time the account was last seen in any live session. */
  listUsers(): Promise<(StoredUser & { lastSeenAt: number | null })[]>
  getUser(id: string): Promise<StoredUser | undefined>
  getUserByEmail(email: string): Promise<StoredUser | undefined>
  /** 'stale' if the e-mail is taken. */
  createUser(user: StoredUser, event: NewEvent): Promise<Written>
  /**
   * Creates the first administrator and uses up the token, if the digest matches, the token has not expired, and there is no
   * administrator yet.
   */
  createFirstAdmin(user: StoredUser, setup: { digest: string, now: number }, event: NewEvent): Promise<Written>
  /**
   * Changes the role or password and ends the account's sessions. 'stale' if the account is gone, if the last administrator would
   * be lost, or if the password hash is no longer `verified`, where that is given.
   */
  updateUser(id: string, change: { role?: Role, passwordHash?: string }, event: NewEvent, verified?: string): Promise<Written>
  /** Removes the account and its sessions. 'stale' if it is gone or the last administrator. */
  deleteUser(id: string, event: NewEvent): Promise<Written>
  /** `verified` is the hash that the password was compared with. 'stale' if the account is gone or has another one by now. */
  createSession(session: StoredSession, verified: string): Promise<Written>
  /** The session with its account, unless it has ended by `now`. */
  getSession(id: string, now: number): Promise<{ session: StoredSession, user: StoredUser } | undefined>
  touchSession(id: string, lastSeenAt: number, expiresAt: number): Promise<void>
  deleteSession(id: string): Promise<void>
  pruneSessions(now: number): Promise<void>
  setupToken(): Promise<StoredSetup | null>
  /**
   * Replaces the set-up token whose digest is `previous` (null if there was none). 'stale' if another one has been stored since.
   */
  saveSetupToken(next: StoredSetup, previous: string | null): Promise<Written>
  appliedAdmin(): Promise<Applied>
  /**
   * Records what was applied, if `previous` is still the last record. With `account`, creates that account in the same step or,
   * if the e-mail has one, resets its role and password and ends its sessions.
   */
  applyAdmin(input: {
    previous: Applied, applied: AppliedAdmin | null, account?: { user: StoredUser, event: NewEvent },
  }): Promise<Written>
}
