import type { EventHandler } from 'h3'
import { describe, expect, it } from 'vitest'
import changePassword from '../../../server/api/auth/password.put.ts'
import setup from '../../../server/api/auth/setup.post.ts'
import checkIn from '../../../server/api/license/check-in.post.ts'
import removeLicense from '../../../server/api/license/index.delete.ts'
import putBack from '../../../server/api/license/previous.post.ts'
import saveLicense from '../../../server/api/license/index.put.ts'
import deleteUser from '../../../server/api/users/[id].delete.ts'
import updateUser from '../../../server/api/users/[id].patch.ts'
import createUser from '../../../server/api/users/index.post.ts'
import { sessionCookieName } from '../../../server/http/session-cookie.ts'
import { BY_ADA, FROM, PERSON } from '../../support/accounts-world.ts'
import { offlineToken } from '../../support/claims.ts'
import { createHttpEvent } from '../../support/http-event.ts'
import type { RunningApp } from '../../support/running-app.ts'
import { openRunningApp } from '../../support/running-app.ts'
import { KEY } from '../../support/simulated-vendor.ts'

/* Whoever calls is named in activity, with the address they came from: every call that leaves an entry, by a person and by a script. */

const TOKEN = 'an-admin-token-of-more-than-32-characters'
const GRACE = { email: 'grace@customer.example', password: 'another horse battery' }
/* Of IPv6, where what limits go by (the network) is not the address. */
const HERE = '2001:db8:7:20::9'

const BY_PERSON = { actor: 'user', actorEmail: PERSON.email, address: HERE }
const BY_SCRIPT = { actor: 'token', actorEmail: null, address: HERE }
const WITH_LICENSE = ({ license }: RunningApp) => license.service.save({ credential: KEY, actor: { kind: 'system' } })

/** A token, and a key in its place. */
const WITH_REPLACED = async ({ license: { service } }: RunningApp) => {
  const actor = { kind: 'system' } as const
  await service.save({ credential: offlineToken({ instance_id: service.instanceId, sub: 'lic_token' }), actor })
  await service.save({ credential: KEY, actor })
}

interface Row { call: string, handler: EventHandler, kind: string, body?: unknown, before?: (app: RunningApp) => Promise<unknown> }
const ROWS: Row[] = [
  { call: 'making an account', handler: createUser, kind: 'account_created', body: { ...GRACE, email: 'third@customer.example', role: 'viewer' } },
  { call: 'changing a role', handler: updateUser, kind: 'account_changed', body: { role: 'admin' } },
  { call: 'setting a password', handler: updateUser, kind: 'account_changed', body: { password: 'set by somebody else' } },
  { call: 'removing an account', handler: deleteUser, kind: 'account_removed' },
  { call: 'saving a license', handler: saveLicense, kind: 'activated', body: { credential: KEY } },
  { call: 'checking in', handler: checkIn, kind: 'check_in_succeeded', before: WITH_LICENSE },
  { call: 'putting a license back', handler: putBack, kind: 'put_back', before: WITH_REPLACED, body: {} },
  { call: 'removing a license', handler: removeLicense, kind: 'removed', before: WITH_LICENSE, body: {} },
]

async function createScene() {
  const running = await openRunningApp({ NC_ADMIN_TOKEN: TOKEN })
  await running.accounts.create({ ...PERSON, role: 'admin' }, BY_ADA, FROM)
  const { id } = await running.accounts.create({ ...GRACE, role: 'viewer' }, BY_ADA, FROM)
  const { token } = await running.accounts.signIn(PERSON.email, PERSON.password, FROM)
  const name = sessionCookieName({ basePath: '/', instanceId: running.app.license.instanceId, https: false })
  const credentials = { person: { cookie: `${name}=${token}` }, script: { authorization: `Bearer ${TOKEN}` }, nobody: {} }
  return {
    ...running,
    async call(handler: EventHandler, by: keyof typeof credentials, body?: unknown) {
      const event = createHttpEvent({ method: 'POST', headers: credentials[by], from: HERE, ...(body === undefined ? {} : { body }) })
      event.context.params = { id }
      await handler(event)
      return event.node.res.statusCode
    },
    async newest() {
      const [ofAccounts, [ofLicense]] = [running.entries().at(-1), await running.app.license.listEvents({ limit: 1 })]
      return { ofAccounts, ofLicense }
    },
  }
}

describe('activity names whoever calls', () => {
  it.each(ROWS.flatMap(row => ([['person', BY_PERSON], ['script', BY_SCRIPT]] as const).map(([by, expected]) => ({ ...row, by, expected }))))(
    '$call, by a $by', async ({ handler, by, body, kind, before, expected }) => {
      const scene = await createScene()
      await before?.(scene)
      expect(await scene.call(handler, by, body)).toBeLessThan(300)
      const { ofAccounts, ofLicense } = await scene.newest()
      expect(kind.startsWith('account_') ? ofAccounts : ofLicense).toMatchObject({ kind, ...expected })
    })

  it('changing the own password, which only a person can', async () => {
    const scene = await createScene()
    expect(await scene.call(changePassword, 'person', { current: PERSON.password, next: 'a new horse battery' })).toBe(200)
    expect((await scene.newest()).ofAccounts).toMatchObject({ kind: 'account_changed', ...BY_PERSON, details: { account: PERSON.email, change: 'password' } })
  })

  it('setting up, as the administrator who comes of it', async () => {
    const scene = await createScene()
    scene.database.exec('DELETE FROM users')
    const token = (await scene.accounts.offerSetup())?.token
    expect(await scene.call(setup, 'nobody', { ...PERSON, token })).toBe(200)
    expect((await scene.newest()).ofAccounts).toMatchObject({ kind: 'account_created', ...BY_PERSON, details: { role: 'admin' } })
  })
})
