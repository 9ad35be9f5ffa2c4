import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { useAccountsStore } from '../../../../app/stores/accounts.ts'
import { useDiagnosticsStore } from '../../../../app/stores/diagnostics.ts'
import { useSessionStore } from '../../../../app/stores/session.ts'
import { fakeServer } from '../../../support/app/fake-server.ts'
import { openFreshPage } from '../../../support/app/nuxt-imports.ts'

const ACCOUNT = { email: 'ben@example.com', password: 'a long password', role: 'viewer' } as const
const forbidden = { data: { code: 'FORBIDDEN', reference: 'NCL-304' } }
const notFound = { data: { code: 'NOT_FOUND', reference: 'NCL-306' } }

let server: ReturnType<typeof fakeServer>
beforeEach(() => {
  server = fakeServer()
  openFreshPage()
  setActivePinia(createPinia())
})
afterEach(() => vi.unstubAllGlobals())

type Accounts = ReturnType<typeof useAccountsStore>
it.each([
  ['adding', 'POST', '/api/users', (store: Accounts) => store.create(ACCOUNT)],
  ['changing', 'PATCH', '/api/users/a%2Fb', (store: Accounts) => store.update('a/b', { role: 'admin' })],
  ['removing', 'DELETE', '/api/users/a%2Fb', (store: Accounts) => store.remove('a/b')],
  ['listing', 'GET', '/api/users', (store: Accounts) => store.load()],
] as const)('%s accounts as no administrator any more makes a viewer of the page', async (_what, method, path, act) => {
  const [store, session] = [useAccountsStore(), useSessionStore()]
  session.user = { id: '1', email: 'ada@example.com', role: 'admin' }
  const action = act(store)
  server.callTo(path, method).answer(forbidden, 403);
  (await vi.waitFor(() => server.callTo('/api/auth/session'))).answer({ user: { ...session.user, role: 'viewer' } })
  await action
  expect(session.isAdmin).toBe(false)
})

it('diagnostics that are refused make a viewer of the page too', async () => {
  const [store, session] = [useDiagnosticsStore(), useSessionStore()]
  session.user = { id: '1', email: 'ada@example.com', role: 'admin' }
  const running = store.run()
  server.callTo('/api/license/diagnostics', 'POST').answer(forbidden, 403);
  (await vi.waitFor(() => server.callTo('/api/auth/session'))).answer({ user: { ...session.user, role: 'viewer' } })
  await running
  expect([session.isAdmin, store.failure?.code, store.running]).toEqual([false, 'FORBIDDEN', false])
})

it('an account that somebody else removed leaves the list', async () => {
  const store = useAccountsStore()
  const action = store.remove('gone')
  server.callTo('/api/users/gone', 'DELETE').answer(notFound, 404);
  (await vi.waitFor(() => server.callTo('/api/users'))).answer({ users: [] })
  expect((await action)?.code).toBe('NOT_FOUND')
  expect(store.users).toEqual([])
})

it('a change that worked shows in the list; one that was refused asks for nothing', async () => {
  const store = useAccountsStore()
  const good = store.update('1', { role: 'admin' })
  expect(server.callTo('/api/users/1', 'PATCH').body).toEqual({ role: 'admin' })
  server.callTo('/api/users/1', 'PATCH').answer({});
  (await vi.waitFor(() => server.callTo('/api/users'))).answer({ users: [{ id: '1' }] })
  expect(await good).toBeNull()
  expect(store.users.map(({ id }) => id)).toEqual(['1'])
  const asked = server.calls.length
  const refused = store.update('1', { role: 'viewer' })
  server.callTo('/api/users/1', 'PATCH').answer({ data: { code: 'CONFLICT', reference: 'NCL-308' } }, 409)
  expect((await refused)?.code).toBe('CONFLICT')
  expect(server.calls.length).toBe(asked + 1)
})
