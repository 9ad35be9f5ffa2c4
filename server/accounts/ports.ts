import type { Role } from '../../shared/contracts.ts'
import type { NewEvent } from '../license/stored-records.ts'

/* Accounts and sessions. Times are milliseconds since 1970, UTC. */

/** Outcome of a write that is made only if what it is based on still stands. */
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
  /** HMAC of the cookie's token: a read database gives nobody a session. */
  id: string
  userId: string
  createdAt: number
  lastSeenAt: number
  expiresAt: number
}

/** The provisioned administrator that was applied last; its password as Argon2id, like any other. */
export interface AppliedAdmin { email: string, passwordHash: string }
/** Null: nothing yet. Unknown: at the first start after an upgrade from a version that did not remember it. */
export type Applied = AppliedAdmin | 'unknown' | null

/** The one-time set-up token: SHA-256 (hex), and when it ends. */
export interface StoredSetup { digest: string, expiresAt: number }

export interface AccountStore {
  countAdmins(): Promise<number>
  /** With the time the account was last seen in any live session. */
  listUsers(): Promise<(StoredUser & { lastSeenAt: number | null })[]>
  getUser(id: string): Promise<StoredUser | undefined>
  getUserByEmail(email: string): Promise<StoredUser | undefined>
  /** 'stale' when the e-mail is taken. */
  createUser(user: StoredUser, event: NewEvent): Promise<Written>
  /** Creates the first administrator if the token digest matches, has not passed, and there is no administrator yet; uses the token up. */
  createFirstAdmin(user: StoredUser, setup: { digest: string, now: number }, event: NewEvent): Promise<Written>
  /**
   * Changes role or password and ends that account's sessions, but for `keepSession`. 'stale' when the account is gone
   * or the last administrator would be lost.
   */
  updateUser(id: string, change: { role?: Role, passwordHash?: string }, event: NewEvent, keepSession?: string): Promise<Written>
  /** Removes the account and its sessions. 'stale' when it is gone or the last administrator. */
  deleteUser(id: string, event: NewEvent): Promise<Written>
  createSession(session: StoredSession): Promise<void>
  /** The session that has not ended at `now`, with its account. */
  getSession(id: string, now: number): Promise<{ session: StoredSession, user: StoredUser } | undefined>
  touchSession(id: string, lastSeenAt: number, expiresAt: number): Promise<void>
  deleteSession(id: string): Promise<void>
  pruneSessions(now: number): Promise<void>
  setupToken(): Promise<StoredSetup | null>
  /** Replaces the set-up token whose digest is `previous` (null: none). 'stale' when another one stands there by now. */
  saveSetupToken(next: StoredSetup, previous: string | null): Promise<Written>
  appliedAdmin(): Promise<Applied>
  /**
   * Remembers what was applied, if `previous` is still what was applied last. With `account`, in the same step makes that
   * account or, where the e-mail has one, gives it that role and password and ends its sessions.
   */
  applyAdmin(input: {
    previous: Applied, applied: AppliedAdmin | null, account?: { user: StoredUser, event: NewEvent },
  }): Promise<Written>
}
