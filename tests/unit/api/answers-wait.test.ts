import type { EventHandler } from 'h3'
import { describe, expect, it } from 'vitest'
import type { AccountStore } from '../../../server/accounts/ports.ts'
import login from '../../../server/api/auth/login.post.ts'
import logout from '../../../server/api/auth/logout.post.ts'
import changePassword from '../../../server/api/auth/password.put.ts'
import setup from '../../../server/api/auth/setup.post.ts'
import deleteUser from '../../../server/api/users/[id].delete.ts'
import updateUser from '../../../server/api/users/[id].patch.ts'
import createUser from '../../../server/api/users/index.post.ts'
import { sessionCookieName } from '../../../server/http/session-cookie.ts'
import { BY_ADA, FROM, PERSON } from '../../support/accounts-world.ts'
import type { HttpRequest } from '../../support/http-event.ts'
import { createHttpEvent } from '../../support/http-event.ts'
import type { RunningApp } from '../../support/running-app.ts'
import { openRunningApp } from '../../support/running-app.ts'

/* Whoever is told that something is done can rely on it: no answer before the database has it. */

interface Scene extends RunningApp { id: string, token: string }
interface Row { name: string, handler: EventHandler, writes: (keyof AccountStore)[], body?: (scene: Scene) => Promise<unknown> | unknown, status?: number }

const GRACE = { email: 'grace@customer.example', password: 'another horse battery' }
const ROWS: Row[] = [
  { name: 'signing in', handler: login, writes: ['createSession', 'deleteSession'], body: () => PERSON },
  { name: 'signing out', handler: logout, writes: ['deleteSession'], status: 204 },
  { name: 'changing the own password', handler: changePassword, writes: ['updateUser', 'createSession'], body: () => ({ current: PERSON.password, next: 'a new horse battery' }) },
  {
    name: 'setting up', handler: setup, writes: ['createFirstAdmin', 'createSession'],
    async body({ accounts, database }) {
      database.exec('DELETE FROM users')
      return { ...GRACE, token: (await accounts.offerSetup())?.token }
    },
  },
  { name: 'making an account', handler: createUser, writes: ['createUser'], body: () => ({ ...GRACE, email: 'third@customer.example', role: 'viewer' }), status: 201 },
  { name: 'changing an account', handler: updateUser, writes: ['updateUser'], body: () => ({ role: 'admin' }) },
  { name: 'removing an account', handler: deleteUser, writes: ['deleteUser'], status: 204 },
]

async function createScene(): Promise<Scene> {
  const running = await openRunningApp()
  await running.accounts.create({ ...PERSON, role: 'admin' }, BY_ADA, FROM)
  const { id } = await running.accounts.create({ ...GRACE, role: 'viewer' }, BY_ADA, FROM)
  const { token } = await running.accounts.signIn(PERSON.email, PERSON.password, FROM)
  return { ...running, id, token }
}

function eventOf({ app, id, token }: Scene, request: HttpRequest) {
  const name = sessionCookieName({ basePath: '/', instanceId: app.license.instanceId, https: false })
  const event = createHttpEvent({ method: 'POST', headers: { cookie: `${name}=${token}` }, ...request })
  event.context.params = { id }
  return event
}

describe('the answer to', () => {
  it.each(ROWS.flatMap(row => row.writes.map(write => ({ ...row, write }))))('$name waits for $write', async ({ handler, write, body, status = 200 }) => {
    const scene = await createScene()
    const sent = body === undefined ? undefined : await body(scene)
    const { reached, release } = scene.hold(write)
    const event = eventOf(scene, sent === undefined ? {} : { body: sent })
    let answered = false
    const answer = Promise.resolve(handler(event)).then(() => { answered = true })
    await Promise.race([answer, reached])
    // Long enough for an answer that waits for nothing any more.
    for (let turn = 0; turn < 20; turn++) await new Promise(resolve => setImmediate(resolve))
    expect(answered).toBe(false)
    release()
    await answer
    expect(event.node.res.statusCode).toBe(status)
  })
})
