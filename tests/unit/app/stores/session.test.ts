import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { useSessionStore } from '../../../../app/stores/session.ts'
import { fakeServer } from '../../../support/app/fake-server.ts'
import { openFreshPage } from '../../../support/app/nuxt-imports.ts'

const ADA = { id: '1', email: 'ada@example.com', role: 'admin' } as const
const BEN = { id: '2', email: 'ben@example.com', role: 'viewer' } as const
const unauthenticated = { data: { code: 'UNAUTHENTICATED', reference: 'NCL-302' } }

let server: ReturnType<typeof fakeServer>
beforeEach(() => {
  server = fakeServer()
  openFreshPage()
  setActivePinia(createPinia())
})
afterEach(() => vi.unstubAllGlobals())

describe('who is signed in', () => {
  it.each([
    ['nobody, for sure, when the server says so', 401, unauthenticated, { known: true, failure: undefined }],
    ['unknown when the database is away', 503, { data: { code: 'STORAGE_UNAVAILABLE', reference: 'NCL-315' } }, { known: false, failure: 'STORAGE_UNAVAILABLE' }],
  ])('is %s', async (_what, status, body, expected) => {
    const session = useSessionStore()
    session.user = ADA
    const loading = session.load()
    server.callTo('/api/auth/session').answer(body, status)
    await loading
    expect(session.user).toBeNull()
    expect({ known: session.known, failure: session.failure?.code }).toEqual(expected)
  })

  it('changes with a sign-in, and nothing of the one before stays', async () => {
    const session = useSessionStore()
    session.user = ADA
    const entering = session.login('ben@example.com', 'secret')
    server.callTo('/api/auth/login', 'POST').answer({ user: BEN })
    expect(await entering).toBeNull()
    expect([session.user, session.isAdmin]).toEqual([BEN, false])
  })

  it.each([
    ['still to be created', { pending: true }, 200, true],
    ['there already', { pending: false }, 200, false],
    ['unknown while the server cannot say', {}, 503, null],
  ])('the first administrator is %s', async (_what, body, status, expected) => {
    const session = useSessionStore()
    const loading = session.loadSetup()
    server.callTo('/api/auth/setup').answer(body, status)
    await loading
    expect(session.setupPending).toBe(expected)
  })

  it.each([
    ['has just been created', { user: ADA }, 200, false],
    ['was created by somebody else', { data: { code: 'FORBIDDEN', reference: 'NCL-303', details: { admin: 'exists' } } }, 403, false],
    ['is still to be created after a wrong code', { data: { code: 'FORBIDDEN', reference: 'NCL-303' } }, 403, true],
  ])('the first administrator %s', async (_what, body, status, expected) => {
    const session = useSessionStore()
    session.setupPending = true
    const entering = session.setup('token', ADA.email, 'secret')
    server.callTo('/api/auth/setup', 'POST').answer(body, status)
    await entering
    expect(session.setupPending).toBe(expected)
  })

  it('stays when signing in is refused', async () => {
    const session = useSessionStore()
    const entering = session.login('ben@example.com', 'wrong')
    server.callTo('/api/auth/login', 'POST').answer(unauthenticated, 401)
    expect((await entering)?.code).toBe('UNAUTHENTICATED')
    expect(session.user).toBeNull()
  })

  it('is nobody after signing out, but only once the server has ended the session', async () => {
    const session = useSessionStore()
    session.user = ADA
    const failing = session.logout()
    server.callTo('/api/auth/logout', 'POST').fail()
    expect((await failing)?.code).toBe('UNREACHABLE')
    expect(session.user).toEqual(ADA)
    const leaving = session.logout()
    server.callTo('/api/auth/logout', 'POST').answer(null, 204)
    expect(await leaving).toBeNull()
    expect(session.user).toBeNull()
  })
})

it('a look at who is signed in changes nothing while nobody answers, and takes over who is', async () => {
  const session = useSessionStore()
  session.user = ADA
  const failing = session.look()
  server.callTo('/api/auth/session').fail()
  await failing
  expect(session.user).toEqual(ADA)
  const looking = session.look()
  server.callTo('/api/auth/session').answer({ user: BEN })
  await looking
  expect(session.user).toEqual(BEN)
})
