import { describe, expect, it } from 'vitest'
import type { Bench } from './contract.ts'
import { DAY, eventOf, HOUR, NOW, PASSWORD_HASH, sessionOf, userOf } from './samples.ts'

const created = eventOf({ kind: 'account_created' })
const changed = eventOf({ kind: 'account_changed' })
const removed = eventOf({ kind: 'account_removed' })
const admin = userOf({ role: 'admin', email: 'admin@example.com' })
const viewer = userOf({ email: 'viewer@example.com', createdAt: NOW + 1 })

export function describeAccounts({ open }: Bench): void {
  async function openWith(...users: (typeof admin)[]) {
    const { accounts, licenses } = await open()
    for (const user of users) expect(await accounts.createUser(user, created)).toBe('written')
    return { accounts, licenses }
  }

  describe('accounts', () => {
    it('are found by id and e-mail, and counted', async () => {
      const { accounts, licenses } = await openWith(admin, viewer)
      expect(await accounts.getUser(admin.id)).toEqual(admin)
      expect(await accounts.getUserByEmail(viewer.email)).toEqual(viewer)
      expect(await accounts.getUser('nobody')).toBeUndefined()
      expect(await accounts.getUserByEmail('nobody@example.com')).toBeUndefined()
      expect(await accounts.countAdmins()).toBe(1)
      expect(await licenses.listEvents({ limit: 9 })).toHaveLength(2)
      expect(await licenses.readVersion()).toBe(2)
    })

    it('are listed with the time they were last seen', async () => {
      const { accounts } = await openWith(admin, viewer)
      await accounts.createSession(sessionOf(admin, { lastSeenAt: NOW + 5 }), PASSWORD_HASH)
      await accounts.createSession(sessionOf(admin, { lastSeenAt: NOW + 3 }), PASSWORD_HASH)
      expect(await accounts.listUsers()).toEqual([{ ...admin, lastSeenAt: NOW + 5 }, { ...viewer, lastSeenAt: null }])
    })

    it('share no e-mail', async () => {
      const { accounts, licenses } = await openWith(admin)
      expect(await accounts.createUser(userOf({ email: admin.email }), created)).toBe('stale')
      expect(await accounts.listUsers()).toHaveLength(1)
      expect(await licenses.listEvents({ limit: 9 })).toHaveLength(1)
    })

    it.each([['password', { passwordHash: 'new' }], ['role', { role: 'admin' }]] as const)('lose their sessions when their %s changes', async (_what, change) => {
      const { accounts } = await openWith(admin, viewer)
      const [first, second, others] = [sessionOf(viewer), sessionOf(viewer), sessionOf(admin)]
      for (const session of [first, second, others]) await accounts.createSession(session, PASSWORD_HASH)
      expect(await accounts.updateUser(viewer.id, change, changed)).toBe('written')
      expect(await accounts.getUser(viewer.id)).toEqual({ ...viewer, ...change })
      expect(await accounts.getSession(first.id, NOW)).toBeUndefined()
      expect(await accounts.getSession(second.id, NOW)).toBeUndefined()
      expect(await accounts.getSession(others.id, NOW)).toBeDefined()
    })

    it('are left as they are by a change that is based on a password they no longer have', async () => {
      const { accounts, licenses } = await openWith(viewer)
      expect(await accounts.updateUser(viewer.id, { passwordHash: 'first' }, changed, PASSWORD_HASH)).toBe('written')
      const session = sessionOf(viewer)
      await accounts.createSession(session, 'first')
      expect(await accounts.updateUser(viewer.id, { passwordHash: 'second' }, changed, PASSWORD_HASH)).toBe('stale')
      expect(await accounts.getUser(viewer.id)).toEqual({ ...viewer, passwordHash: 'first' })
      expect(await accounts.getSession(session.id, NOW)).toBeDefined()
      expect(await licenses.listEvents({ limit: 9 })).toHaveLength(2)
    })

    it('go together with their sessions', async () => {
      const { accounts, licenses } = await openWith(admin, viewer)
      const session = sessionOf(viewer)
      await accounts.createSession(session, PASSWORD_HASH)
      expect(await accounts.deleteUser(viewer.id, removed)).toBe('written')
      expect(await accounts.getSession(session.id, NOW)).toBeUndefined()
      expect(await accounts.listUsers()).toHaveLength(1)
      expect((await licenses.listEvents({ limit: 1 }))[0]?.kind).toBe('account_removed')
      expect(await accounts.deleteUser(viewer.id, removed)).toBe('stale')
      expect(await accounts.updateUser(viewer.id, { role: 'admin' }, changed)).toBe('stale')
    })

    it('keep the last administrator', async () => {
      const { accounts, licenses } = await openWith(admin, viewer)
      expect(await accounts.deleteUser(admin.id, removed)).toBe('stale')
      expect(await accounts.updateUser(admin.id, { role: 'viewer' }, changed)).toBe('stale')
      expect(await accounts.getUser(admin.id)).toEqual(admin)
      expect(await licenses.listEvents({ limit: 9 })).toHaveLength(2)
      await accounts.updateUser(viewer.id, { role: 'admin' }, changed)
      expect(await accounts.updateUser(admin.id, { role: 'viewer' }, changed)).toBe('written')
    })
  })

  describe('first administrator', () => {
    const setup = { digest: 'digest', now: NOW }

    it('is created with the token, which is used up', async () => {
      const { accounts } = await open()
      await accounts.saveSetupToken({ digest: 'digest', expiresAt: NOW + HOUR }, null)
      expect(await accounts.createFirstAdmin(admin, setup, created)).toBe('written')
      expect(await accounts.getUser(admin.id)).toEqual(admin)
      await accounts.createUser(userOf({ role: 'admin' }), created)
      expect(await accounts.createFirstAdmin(userOf({ role: 'admin' }), setup, created)).toBe('stale')
    })

    it.each([
      ['a wrong token', { ...setup, digest: 'other' }],
      ['a token whose time has passed', { ...setup, now: NOW + HOUR }],
    ])('is refused with %s', async (_, wrong) => {
      const { accounts } = await open()
      await accounts.saveSetupToken({ digest: 'digest', expiresAt: NOW + HOUR }, null)
      expect(await accounts.createFirstAdmin(admin, wrong, created)).toBe('stale')
      expect(await accounts.countAdmins()).toBe(0)
      expect(await accounts.createFirstAdmin(admin, setup, created)).toBe('written')
    })

    it('is refused without a token, with one that was replaced, and when there is an administrator', async () => {
      const { accounts } = await open()
      expect(await accounts.createFirstAdmin(admin, setup, created)).toBe('stale')
      await accounts.saveSetupToken({ digest: 'digest', expiresAt: NOW + HOUR }, null)
      expect(await accounts.saveSetupToken({ digest: 'second', expiresAt: NOW + HOUR }, null)).toBe('stale')
      expect(await accounts.saveSetupToken({ digest: 'second', expiresAt: NOW + HOUR }, 'digest')).toBe('written')
      expect(await accounts.setupToken()).toEqual({ digest: 'second', expiresAt: NOW + HOUR })
      expect(await accounts.createFirstAdmin(admin, setup, created)).toBe('stale')
      await accounts.createUser(admin, created)
      const second = { ...setup, digest: 'second' }
      expect(await accounts.createFirstAdmin(userOf({ role: 'admin' }), second, created)).toBe('stale')
      expect(await accounts.countAdmins()).toBe(1)
    })
  })

  describe('the operator\'s administrator', () => {
    const applied = { email: admin.email, passwordHash: admin.passwordHash }

    it('is made, and what was applied is remembered with it', async () => {
      const { accounts, licenses } = await open()
      expect(await accounts.appliedAdmin()).toBeNull()
      expect(await accounts.applyAdmin({ previous: null, applied, account: { user: admin, event: created } })).toBe('written')
      expect(await accounts.appliedAdmin()).toEqual(applied)
      expect(await accounts.getUser(admin.id)).toEqual(admin)
      expect((await licenses.listEvents({ limit: 9 })).map(({ kind }) => kind)).toEqual(['account_created'])
    })

    it('of an e-mail that has an account gets its password and role, and its sessions end', async () => {
      const { accounts } = await openWith({ ...viewer, email: admin.email }, userOf({ role: 'admin' }))
      const [ended, others] = [sessionOf(viewer), sessionOf(await accounts.listUsers().then(users => users[0] ?? viewer))]
      for (const session of [ended, others]) await accounts.createSession(session, PASSWORD_HASH)
      expect(await accounts.applyAdmin({ previous: null, applied, account: { user: { ...admin, passwordHash: 'new' }, event: changed } })).toBe('written')
      expect(await accounts.getUserByEmail(admin.email)).toEqual({ ...viewer, email: admin.email, role: 'admin', passwordHash: 'new' })
      expect(await accounts.getSession(ended.id, NOW)).toBeUndefined()
      expect(await accounts.getSession(others.id, NOW)).toBeDefined()
    })

    it('is applied by one of several replicas', async () => {
      const { accounts } = await openWith(admin)
      const other = { email: admin.email, passwordHash: 'other' }
      expect(await accounts.applyAdmin({ previous: null, applied })).toBe('written')
      expect(await accounts.applyAdmin({ previous: null, applied: other, account: { user: { ...admin, passwordHash: 'other' }, event: changed } })).toBe('stale')
      expect(await accounts.applyAdmin({ previous: 'unknown', applied: other })).toBe('stale')
      expect(await accounts.getUser(admin.id)).toEqual(admin)
      expect(await accounts.applyAdmin({ previous: applied, applied: other })).toBe('written')
      expect(await accounts.appliedAdmin()).toEqual(other)
    })
  })

  describe('sessions', () => {
    it('are found with their account until they end', async () => {
      const { accounts } = await openWith(viewer)
      const session = sessionOf(viewer)
      await accounts.createSession(session, PASSWORD_HASH)
      expect(await accounts.getSession(session.id, NOW)).toEqual({ session, user: viewer })
      expect(await accounts.getSession(session.id, session.expiresAt - 1)).toBeDefined()
      expect(await accounts.getSession(session.id, session.expiresAt)).toBeUndefined()
      expect(await accounts.getSession('nobody', NOW)).toBeUndefined()
    })

    it('can be prolonged, ended and pruned, without a new version', async () => {
      const { accounts, licenses } = await openWith(viewer)
      const [first, second, third] = [sessionOf(viewer), sessionOf(viewer), sessionOf(viewer)]
      const version = await licenses.readVersion()
      for (const session of [first, second, third]) await accounts.createSession(session, PASSWORD_HASH)
      await accounts.touchSession(first.id, NOW + HOUR, NOW + 2 * DAY)
      expect((await accounts.getSession(first.id, NOW))?.session)
        .toEqual({ ...first, lastSeenAt: NOW + HOUR, expiresAt: NOW + 2 * DAY })
      await accounts.deleteSession(second.id)
      expect(await accounts.getSession(second.id, NOW)).toBeUndefined()
      await accounts.pruneSessions(NOW + DAY)
      expect(await accounts.getSession(third.id, NOW)).toBeUndefined()
      expect(await accounts.getSession(first.id, NOW)).toBeDefined()
      expect(await licenses.readVersion()).toBe(version)
    })

    it('are not made for an account that is gone', async () => {
      const { accounts } = await open()
      const session = sessionOf(viewer)
      expect(await accounts.createSession(session, PASSWORD_HASH)).toBe('stale')
      expect(await accounts.getSession(session.id, NOW)).toBeUndefined()
    })

    it('are not made for a password that is no longer the account\'s', async () => {
      const { accounts } = await openWith(viewer)
      await accounts.updateUser(viewer.id, { passwordHash: 'new' }, changed)
      const [late, next] = [sessionOf(viewer), sessionOf(viewer)]
      expect(await accounts.createSession(late, PASSWORD_HASH)).toBe('stale')
      expect(await accounts.getSession(late.id, NOW)).toBeUndefined()
      expect(await accounts.createSession(next, 'new')).toBe('written')
      expect(await accounts.getSession(next.id, NOW)).toBeDefined()
    })
  })
}
