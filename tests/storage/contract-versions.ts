import { describe, expect, it } from 'vitest'
import type { Storage } from '../../server/storage/open.ts'
import type { Bench } from './contract.ts'
import { deactivation, eventOf, HOUR, NOW, saveOf, userOf } from './samples.ts'

const event = eventOf()
const setup = { digest: 'digest', expiresAt: NOW + HOUR }
const admin = userOf({ role: 'admin', email: 'admin@example.com' })
const viewer = userOf({ email: 'viewer@example.com' })
const applied = { email: admin.email, passwordHash: admin.passwordHash }

/** What is done, and by how much `version` grows. */
type Rows<Store> = readonly [string, (store: Store) => Promise<unknown>, number][]

const LICENSE_ROWS: Rows<Storage['licenses']> = [
  ['an event', licenses => licenses.appendEvent(event), 1],
  ['events that are pruned', licenses => licenses.pruneEvents(NOW + 1), 1],
  ['no event that is old enough to be pruned', licenses => licenses.pruneEvents(NOW), 0],
  ['telling the vendor later', licenses => licenses.postponeDeactivation(1, NOW), 1],
  ['telling the vendor later of what it was told meanwhile', licenses => licenses.postponeDeactivation(9, NOW), 0],
  ['the vendor told', licenses => licenses.dropDeactivation(1, event), 1],
  ['the vendor told, without an event', licenses => licenses.dropDeactivation(1, null), 1],
  ['the vendor told before', licenses => licenses.dropDeactivation(9, event), 0],
]

const ACCOUNT_ROWS: Rows<Storage['accounts']> = [
  ['an account that is made', accounts => accounts.createUser(admin, event), 1],
  ['an account that is not made, because its e-mail is taken', accounts => accounts.createUser(userOf({ email: viewer.email }), event), 0],
  ['an account that is changed', accounts => accounts.updateUser(viewer.id, { role: 'admin' }, event), 1],
  ['an account that is gone before it is changed', accounts => accounts.updateUser(admin.id, { role: 'viewer' }, event), 0],
  ['an account that is removed', accounts => accounts.deleteUser(viewer.id, event), 1],
  ['an account that is gone before it is removed', accounts => accounts.deleteUser(admin.id, event), 0],
  ['a set-up link', accounts => accounts.saveSetupToken(setup, null), 1],
  ['a set-up link in the place of one that is there no more', accounts => accounts.saveSetupToken(setup, 'other'), 0],
  ['a set-up link, and the account made with it', async (accounts) => {
    await accounts.saveSetupToken(setup, null)
    await accounts.createFirstAdmin(admin, { digest: setup.digest, now: NOW }, event)
  }, 2],
  ['a set-up link that nobody made', accounts => accounts.createFirstAdmin(admin, { digest: setup.digest, now: NOW }, event), 0],
  ['an administrator of the operator\'s', accounts => accounts.applyAdmin({ previous: null, applied, account: { user: admin, event } }), 1],
  ['an administrator of the operator\'s whose account is as it was', accounts => accounts.applyAdmin({ previous: null, applied }), 1],
  ['an administrator of the operator\'s whom another replica applied', accounts => accounts.applyAdmin({ previous: applied, applied: null }), 0],
]

/** Others look only if the version has grown, and the version is the id of the next event. */
async function expectGrowth({ licenses }: Pick<Storage, 'licenses'>, work: () => Promise<unknown>, growth: number): Promise<void> {
  const before = await licenses.readVersion()
  await work()
  expect(await licenses.readVersion()).toBe(before + growth)
  await licenses.appendEvent(event)
}

export function describeLicenseVersions({ open }: Bench): void {
  describe('others notice every write, and nothing else:', () => {
    it.each(LICENSE_ROWS)('%s', async (_, work, growth) => {
      const storage = await open()
      await storage.licenses.commit(saveOf(0, { deactivate: deactivation }))
      await expectGrowth(storage, () => work(storage.licenses), growth)
    })
  })
}

export function describeAccountVersions({ open }: Bench): void {
  describe('others notice every write, and nothing else:', () => {
    it.each(ACCOUNT_ROWS)('%s', async (_, work, growth) => {
      const storage = await open()
      await storage.accounts.createUser(viewer, event)
      await expectGrowth(storage, () => work(storage.accounts), growth)
    })
  })
}
