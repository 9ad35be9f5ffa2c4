import { createHash, createHmac, randomBytes, randomUUID } from 'node:crypto'
import type { EventKind, Role, User } from '../../shared/license.ts'
import { LicenseError } from '../license/errors.ts'
import { eventOf } from '../license/events.ts'
import type { Actor, Clock, NewEvent } from '../license/ports.ts'
import { hashPassword, verifyPassword } from './passwords.ts'
import type { AccountStore, StoredSession, StoredUser } from './ports.ts'

const MINUTE = 60_000
/** A session ends after twelve hours without use, and after seven days at the latest. */
const IDLE = 12 * 60 * MINUTE
const LONGEST = 7 * 24 * 60 * MINUTE
const TOUCH_EVERY = MINUTE
const SETUP_LINK = 60 * MINUTE

export interface Identity { id: string, email: string, role: Role, sessionId: string }

export interface AccountsOptions { store: AccountStore, clock: Clock, sessionSecret: string }

export interface Accounts {
  /** Takes e-mail and password; returns the cookie's token. Throws UNAUTHENTICATED, alike for an unknown account. */
  signIn(email: string, password: string): Promise<{ token: string, identity: Identity }>
  /** Takes a cookie's token; returns whose it is, while the session lasts. */
  identify(token: string): Promise<Identity | undefined>
  signOut(token: string): Promise<void>
  /** Ends every session of the account and begins a new one. Throws UNAUTHENTICATED when `current` is wrong. */
  changeOwnPassword(identity: Identity, current: string, next: string, actor: Actor): Promise<{ token: string }>
  /** Makes the one-time link's token if there is no administrator yet; good for an hour. */
  offerSetup(): Promise<string | undefined>
  /** Creates the first administrator and signs in. Throws FORBIDDEN when the token is not, or no longer, good. */
  setUp(token: string, email: string, password: string, address: string | null): Promise<{ token: string, identity: Identity }>
  /** Makes the operator's account an administrator with the operator's password; a different one ends its sessions. */
  ensureAdmin(email: string, password: string): Promise<'unchanged' | 'created' | 'reset'>
  list(): Promise<User[]>
  create(email: string, password: string, role: Role, actor: Actor): Promise<User>
  /** Throws NOT_FOUND, or CONFLICT when the last administrator would be lost. */
  update(id: string, change: { role?: Role, password?: string }, actor: Actor): Promise<User>
  remove(id: string, actor: Actor): Promise<void>
  prune(): Promise<void>
}

/** Takes the store, the clock and the secret that session ids are made with; returns accounts and sessions. */
export function createAccounts({ store, clock, sessionSecret }: AccountsOptions): Accounts {
  const now = () => clock.read().wall
  const sessionIdOf = (token: string) => createHmac('sha256', sessionSecret).update(token).digest('hex')

  function event(kind: EventKind, actor: Actor, email: string, details: NewEvent['details'] = {}): NewEvent {
    return eventOf(kind, now(), actor, { account: email, ...details })
  }

  async function begin(user: StoredUser): Promise<{ token: string, identity: Identity }> {
    const token = randomBytes(32).toString('base64url')
    const id = sessionIdOf(token)
    const at = now()
    await store.createSession({ id, userId: user.id, createdAt: at, lastSeenAt: at, expiresAt: at + IDLE })
    return { token, identity: identityOf(user, id) }
  }

  const touching = new Set<string>()
  /** In the background, once at a time: nobody waits for it, least of all while the database cannot be written. */
  function touch({ id, createdAt }: StoredSession, at: number): void {
    if (touching.has(id)) return
    touching.add(id)
    const done = () => touching.delete(id)
    void store.touchSession(id, at, Math.min(at + IDLE, createdAt + LONGEST)).then(done, done)
  }

  async function newUser(email: string, password: string, role: Role): Promise<StoredUser> {
    return { id: randomUUID(), email, role, passwordHash: await hashPassword(password), createdAt: now() }
  }

  async function requireUser(id: string): Promise<StoredUser> {
    const user = await store.getUser(id)
    if (!user) throw new LicenseError('NOT_FOUND')
    return user
  }

  async function createAdmin(email: string, password: string): Promise<'created'> {
    const user = await newUser(email, password, 'admin')
    await store.createUser(user, event('account_created', { kind: 'environment' }, email, { role: 'admin' }))
    return 'created'
  }

  return {
    async signIn(email, password) {
      const user = await store.getUserByEmail(email)
      if (!await verifyPassword(user?.passwordHash, password) || !user) throw new LicenseError('UNAUTHENTICATED')
      return begin(user)
    },
    async identify(token) {
      const at = now()
      const found = await store.getSession(sessionIdOf(token), at)
      if (!found) return undefined
      const { session, user } = found
      if (Math.abs(at - session.lastSeenAt) >= TOUCH_EVERY) {
        touch(session, at)
      }
      return identityOf(user, session.id)
    },
    signOut: token => store.deleteSession(sessionIdOf(token)),
    async changeOwnPassword(identity, current, next, actor) {
      const user = await requireUser(identity.id)
      if (!await verifyPassword(user.passwordHash, current)) throw new LicenseError('UNAUTHENTICATED')
      const passwordHash = await hashPassword(next)
      await store.updateUser(user.id, { passwordHash }, event('account_changed', actor, user.email, { change: 'password' }))
      return { token: (await begin(user)).token }
    },
    async offerSetup() {
      if (await store.countAdmins() > 0) return undefined
      const token = randomBytes(24).toString('base64url')
      await store.saveSetupToken(digestOf(token), now() + SETUP_LINK)
      return token
    },
    async setUp(token, email, password, address) {
      const user = await newUser(email, password, 'admin')
      const created = event('account_created', { kind: 'user', email, address }, email, { role: 'admin' })
      const written = await store.createFirstAdmin(user, { digest: digestOf(token), now: now() }, created)
      if (written === 'stale') {
        throw new LicenseError('FORBIDDEN', await store.countAdmins() > 0 ? { details: { admin: 'exists' } } : {})
      }
      return begin(user)
    },
    async ensureAdmin(email, password) {
      const user = await store.getUserByEmail(email)
      if (!user) return createAdmin(email, password)
      const samePassword = await verifyPassword(user.passwordHash, password)
      if (samePassword && user.role === 'admin') return 'unchanged'
      const change = { role: 'admin' as const, ...(samePassword ? {} : { passwordHash: await hashPassword(password) }) }
      await store.updateUser(user.id, change, event('account_changed', { kind: 'environment' }, email, { change: 'reset' }))
      return 'reset'
    },
    async list() {
      return (await store.listUsers()).map(user => viewOf(user, user.lastSeenAt))
    },
    async create(email, password, role, actor) {
      const user = await newUser(email, password, role)
      const written = await store.createUser(user, event('account_created', actor, email, { role }))
      if (written === 'stale') throw new LicenseError('CONFLICT', { details: { email: 'taken' } })
      return viewOf(user, null)
    },
    async update(id, { role, password }, actor) {
      const user = await requireUser(id)
      const change = { ...(role ? { role } : {}), ...(password ? { passwordHash: await hashPassword(password) } : {}) }
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
  return { id, email, role, sessionId }
}

function viewOf({ id, email, role, createdAt }: StoredUser, lastSeenAt: number | null): User {
  return {
    id, email, role, createdAt: new Date(createdAt).toISOString(),
    lastSeenAt: lastSeenAt === null ? null : new Date(lastSeenAt).toISOString(),
  }
}

function digestOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
