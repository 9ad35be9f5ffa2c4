import type { Role } from '../../shared/license.ts'
import type { NewEvent, Written } from '../license/ports.ts'

/* Accounts and sessions. Times are milliseconds since 1970, UTC. */

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
  /** Replaces the one-time set-up token (SHA-256, hex). */
  saveSetupToken(digest: string, expiresAt: number): Promise<void>
}
