import { createHmac, createSecretKey, randomBytes, randomUUID } from 'node:crypto'
import type { EventKind, Role, User } from '../../shared/contracts.ts'
import { LicenseError } from '../license/errors.ts'
import type { Actor } from '../license/events.ts'
import { eventOf } from '../license/events.ts'
import type { Clock, Log } from '../license/ports.ts'
import type { NewEvent } from '../license/stored-records.ts'
import type { HashingQueue } from './hashing-queue.ts'
import { createPasswords } from './passwords.ts'
import type { AccountStore, StoredSession, StoredUser } from './ports.ts'
import type { AdminOutcome, ProvisionedAdmin } from './provisioned-admin.ts'
import { provisionAdmin, provisionNoAdmin } from './provisioned-admin.ts'
import type { SetupOffer } from './setup-link.ts'
import { digestOf, isSetupToken, offerSetup } from './setup-link.ts'

const MINUTE = 60_000
/** A session ends after twelve hours without use, and after seven days at the latest. */
const IDLE = 12 * 60 * MINUTE
const LONGEST = 7 * 24 * 60 * MINUTE
const TOUCH_EVERY = MINUTE

export interface Identity { kind: 'user', id: string, email: string, role: Role, sessionId: string }

export interface AccountsOptions {
  store: AccountStore
  clock: Pick<Clock, 'read'>
  /** The HMAC key for session ids and for the set-up link. */
  sessionSecret: string
  hashing: HashingQueue
  log: Pick<Log, 'warn'>
}

/**
 * Methods that hash a password wait in the hashing queue under the caller's network (`from`), and throw RATE_LIMITED if that
 * takes too long.
 */
export interface Accounts {
  /** Begins a session; `token` goes into its cookie. Throws UNAUTHENTICATED, also for an unknown account. */
  signIn(email: string, password: string, from: string): Promise<{ token: string, identity: Identity }>
  /** The identity behind a session token; undefined once the session has ended. */
  identify(token: string): Promise<Identity | undefined>
  signOut(token: string): Promise<void>
  /** Ends every session of the account and begins a new one. Throws UNAUTHENTICATED if `current` is wrong, or replaced meanwhile. */
  changeOwnPassword(
    identity: Identity, passwords: { current: string, next: string }, actor: Actor, from: string,
  ): Promise<{ token: string }>
  /** Whether there is no administrator yet. */
  isSetupPending(): Promise<boolean>
  /** Undefined once there is an administrator. */
  offerSetup(): Promise<SetupOffer | undefined>
  /** Creates the first administrator and signs in. Throws FORBIDDEN if the token is wrong, used or expired. */
  setUp(
    setup: { token: string, email: string, password: string }, address: string, from: string,
  ): Promise<{ token: string, identity: Identity }>
  /** Applies the provisioned administrator; null if none is provisioned. */
  provisionAdmin(admin: ProvisionedAdmin | null): Promise<AdminOutcome>
  list(): Promise<User[]>
  /** Throws CONFLICT if the e-mail is taken. */
  create(account: { email: string, password: string, role: Role }, actor: Actor, from: string): Promise<User>
  /** Throws NOT_FOUND, or CONFLICT if the last administrator would be lost. */
  update(id: string, change: { role?: Role, password?: string }, actor: Actor, from: string): Promise<User>
  /** Throws NOT_FOUND, or CONFLICT for the last administrator. */
  remove(id: string, actor: Actor): Promise<void>
  /** Deletes the sessions that have ended. */
  prune(): Promise<void>
}

export function createAccounts({ store, clock, sessionSecret, hashing, log }: AccountsOptions): Accounts {
  const passwords = createPasswords(hashing)
  const now = () => clock.read().wall
  const key = createSecretKey(sessionSecret, 'utf8')
  const sessionIdOf = (token: string) => createHmac('sha256', key).update(token).digest('hex')

  function event(kind: EventKind, actor: Actor, email: string, details: NewEvent['details'] = {}): NewEvent {
    return eventOf(kind, now(), actor, { account: email, ...details })
  }

  /** Throws UNAUTHENTICATED if the account has been removed or given another password since the user was read. */
  async function begin(user: StoredUser): Promise<{ token: string, identity: Identity }> {
    const token = randomBytes(32).toString('base64url')
    const id = sessionIdOf(token)
    const at = now()
    const session = { id, userId: user.id, createdAt: at, lastSeenAt: at, expiresAt: at + IDLE }
    if (await store.createSession(session, user.passwordHash) === 'stale') throw new LicenseError('UNAUTHENTICATED')
    return { token, identity: identityOf(user, id) }
  }

  const touching = new Set<string>()
  /**
   * Extends a session in the background, one update at a time for each: no request should wait for it, least of all while the
   * database cannot be written.
   */
  function touch({ id, createdAt }: StoredSession, at: number): void {
    if (touching.has(id)) return
    touching.add(id)
    const done = () => touching.delete(id)
    void store.touchSession(id, at, Math.min(at + IDLE, createdAt + LONGEST)).then(done, done)
  }

  async function newUser(email: string, password: string, role: Role, from: string): Promise<StoredUser> {
    return { id: randomUUID(), email, role, passwordHash: await passwords.hash(password, from), createdAt: now() }
  }

  async function requireUser(id: string): Promise<StoredUser> {
    const user = await store.getUser(id)
    if (!user) throw new LicenseError('NOT_FOUND')
    return user
  }

  let isSetUp = false
  /** Once there is an administrator there always is one, so the database is not asked again. */
  async function isSetupPending(): Promise<boolean> {
    isSetUp ||= await store.countAdmins() > 0
    return !isSetUp
  }

  async function refuseSetup(): Promise<never> {
    throw new LicenseError('FORBIDDEN', await isSetupPending() ? {} : { details: { admin: 'exists' } })
  }

  return {
    async signIn(email, password, from) {
      const user = await store.getUserByEmail(email)
      if (!await passwords.verify(user?.passwordHash, password, from) || !user) throw new LicenseError('UNAUTHENTICATED')
      hashing.remember(from)
      return begin(user)
    },
    async identify(token) {
      const at = now()
      const found = await store.getSession(sessionIdOf(token), at)
      if (!found) return undefined
      const { session, user } = found
      if (Math.abs(at - session.lastSeenAt) >= TOUCH_EVERY) touch(session, at)
      return identityOf(user, session.id)
    },
    signOut: token => store.deleteSession(sessionIdOf(token)),
    async changeOwnPassword({ id }, { current, next }, actor, from) {
      const user = await requireUser(id)
      if (!await passwords.verify(user.passwordHash, current, from)) throw new LicenseError('UNAUTHENTICATED')
      const passwordHash = await passwords.hash(next, from)
      const changed = event('account_changed', actor, user.email, { change: 'password' })
      const written = await store.updateUser(user.id, { passwordHash }, changed, user.passwordHash)
      if (written === 'stale') throw new LicenseError('UNAUTHENTICATED')
      return { token: (await begin({ ...user, passwordHash })).token }
    },
    isSetupPending,
    offerSetup: () => offerSetup({ store, sessionSecret, now }),
    async setUp({ token, email, password }, address, from) {
      if (!await isSetupToken(token, { store, now })) return refuseSetup()
      const user = await newUser(email, password, 'admin', from)
      const created = event('account_created', { kind: 'user', email, address }, email, { role: 'admin' })
      const written = await store.createFirstAdmin(user, { digest: digestOf(token), now: now() }, created)
      if (written === 'stale') return refuseSetup()
      hashing.remember(from)
      return begin(user)
    },
    async provisionAdmin(admin) {
      if (admin) return provisionAdmin(admin, { store, passwords, now, log })
      await provisionNoAdmin({ store })
      return 'unchanged'
    },
    async list() {
      return (await store.listUsers()).map(user => viewOf(user, user.lastSeenAt))
    },
    async create({ email, password, role }, actor, from) {
      const user = await newUser(email, password, role, from)
      const written = await store.createUser(user, event('account_created', actor, email, { role }))
      if (written === 'stale') throw new LicenseError('CONFLICT', { details: { email: 'taken' } })
      return viewOf(user, null)
    },
    async update(id, { role, password }, actor, from) {
      const user = await requireUser(id)
      const change = { ...(role ? { role } : {}), ...(password ? { passwordHash: await passwords.hash(password, from) } : {}) }
      const what = [role && 'role', password && 'password'].filter(Boolean).join(', ')
      const written = await store.updateUser(id, change, event('account_changed', actor, user.email, { change: what, role: role ?? user.role }))
      if (written === 'stale') throw new LicenseError('CONFLICT', { details: { admin: 'last' } })
      return viewOf({ ...user, ...change }, null)
    },
    async remove(id, actor) {
      const user = await requireUser(id)
      const written = await store.deleteUser(id, event('account_removed', actor, user.email))
      if (written === 'stale') throw new LicenseError('CONFLICT', { details: { admin: 'last' } })
    },
    prune: () => store.pruneSessions(now()),
  }
}

function identityOf({ id, email, role }: StoredUser, sessionId: string): Identity {
  return { kind: 'user', id, email, role, sessionId }
}

function viewOf({ id, email, role, createdAt }: StoredUser, lastSeenAt: number | null): User {
  return {
    id, email, role, createdAt: new Date(createdAt).toISOString(),
    lastSeenAt: lastSeenAt === null ? null : new Date(lastSeenAt).toISOString(),
  }
}
