import { describe, expect, it } from 'vitest'
import { LicenseError } from '../../../server/license/errors.ts'
import { createFoldedLog } from '../../../server/runtime/folded-log.ts'
import { createRateLimits } from '../../../server/http/rate-limits.ts'
import { sessionCookieName } from '../../../server/http/session-cookie.ts'
import type { SignInParts } from '../../../server/http/sign-in.ts'
import { signInWithLimits } from '../../../server/http/sign-in.ts'
import { createHttpEvent, headersOf } from '../../support/http-event.ts'

type SignIn = SignInParts['accounts']['signIn']

const instanceId = 'a1'.repeat(16)
const COOKIE = sessionCookieName({ basePath: '/', instanceId, https: false })
const PEER = { address: '203.0.113.1', network: '203.0.113.1', origin: 'http://localhost' }
const signedIn: SignIn = async email => ({ token: 'T'.repeat(43), identity: { kind: 'user', id: '1', email, role: 'admin', sessionId: 's' } })
const failing = (error: unknown): SignIn => () => Promise.reject(error)

function createDoor() {
  const [lines, logged]: [string[], unknown[]] = [[], []]
  const at = (level: string) => (message: string, fields: Record<string, unknown> = {}) => {
    lines.push(`${message} ${String(fields.address)}`)
    logged.push([level, message, fields])
  }
  const log = { info: at('info'), warn: at('warn'), error: at('error') }
  const app = {
    log, refusals: createFoldedLog(log), limits: createRateLimits(),
    config: { basePath: '/', publicUrl: null }, license: { instanceId },
  }
  const ended: string[] = []
  async function signIn(how: SignIn, email = 'ada@example.com', event = createHttpEvent()): Promise<string> {
    const accounts = { signIn: how, signOut: async (token: string) => void ended.push(token) }
    return signInWithLimits(event, { ...app, accounts }, PEER, { email, password: 'any' }).then(
      () => 'signed in', (error: unknown) => error instanceof LicenseError ? error.code : String(error))
  }
  const times = (count: number, how: SignIn) => Promise.all(Array.from({ length: count }, () => signIn(how)))
  return { lines, logged, ended, signIn, times }
}

describe('signing in', () => {
  it('twenty-five people behind one address who know their passwords have not used it up', async () => {
    const { signIn, times } = createDoor()
    expect((await times(25, signedIn)).filter(result => result === 'signed in')).toHaveLength(5)
    expect(await times(5, failing(new LicenseError('UNAUTHENTICATED')))).toEqual(Array(5).fill('UNAUTHENTICATED'))
    expect(await signIn(signedIn)).toBe('RATE_LIMITED')
  })

  it.each(['RATE_LIMITED', 'STORAGE_UNAVAILABLE'] as const)('what ended in %s was no try', async (code) => {
    const { signIn, times } = createDoor()
    await times(25, failing(new LicenseError(code)))
    expect(await signIn(signedIn)).toBe('signed in')
  })

  it('what fails in any other way is one: it cannot be sent without end', async () => {
    const { signIn, times } = createDoor()
    expect(await times(5, failing(new TypeError('defect')))).toEqual(Array(5).fill('TypeError: defect'))
    expect(await signIn(signedIn)).toBe('RATE_LIMITED')
  })

  it('what the limit of an account refuses uses up nothing of the address', async () => {
    const { signIn, times } = createDoor()
    await times(30, failing(new LicenseError('UNAUTHENTICATED')))
    expect(await signIn(signedIn, 'grace@example.com')).toBe('signed in')
  })

  it('refusals for too many tries leave one line a minute', async () => {
    const { lines, times } = createDoor()
    await times(30, failing(new LicenseError('UNAUTHENTICATED')))
    expect(lines.filter(line => line === 'sign-in refused: too many tries 203.0.113.1')).toHaveLength(1)
    await times(30, failing(new LicenseError('UNAUTHENTICATED')))
    expect(lines.filter(line => line === 'sign-in refused: too many tries 203.0.113.1')).toHaveLength(1)
  })

  it('begins a session: its token in a cookie, and a line in the log without password or e-mail', async () => {
    const [{ signIn, logged, ended }, event] = [createDoor(), createHttpEvent()]
    expect(await signIn(signedIn, 'ada@example.com', event)).toBe('signed in')
    expect(headersOf(event)['set-cookie']).toMatch(new RegExp(`^${COOKIE}=${'T'.repeat(43)}; Max-Age=`))
    expect(logged).toEqual([['info', 'signed in', { account: '1', role: 'admin', address: PEER.address }]])
    expect(ended).toEqual([])
  })

  it('ends the session that the browser had before, and none that it cannot have had', async () => {
    const { signIn, ended } = createDoor()
    for (const value of ['P'.repeat(43), 'malformed']) await signIn(signedIn, 'ada@example.com', createHttpEvent({ headers: { cookie: `${COOKIE}=${value}` } }))
    expect(ended).toEqual(['P'.repeat(43)])
  })

  it('without success leaves the browser the session that it had', async () => {
    const [{ signIn, ended }, event] = [createDoor(), createHttpEvent({ headers: { cookie: `${COOKIE}=${'P'.repeat(43)}` } })]
    expect(await signIn(failing(new LicenseError('UNAUTHENTICATED')), 'ada@example.com', event)).toBe('UNAUTHENTICATED')
    expect([headersOf(event), ended]).toEqual([{}, []])
  })

  it.each([
    ['a wrong password', new LicenseError('UNAUTHENTICATED'), [['warn', 'sign-in refused', { address: PEER.address }]]],
    ['too many at once', new LicenseError('RATE_LIMITED'), [['warn', 'sign-in refused: too many at once', { address: PEER.address }]]],
    ['an outage', new LicenseError('STORAGE_UNAVAILABLE'), []], ['a defect', new TypeError('defect'), []],
  ])('that is refused is told with its address, and what is no refusal is not: %s', async (_, error, expected) => {
    const { signIn, logged } = createDoor()
    await signIn(failing(error))
    expect(logged).toEqual(expected)
  })

  it('refused for a wrong password is told every time, for too many at once only once a minute', async () => {
    const { times, lines } = createDoor()
    await times(3, failing(new LicenseError('UNAUTHENTICATED')))
    await times(2, failing(new LicenseError('RATE_LIMITED')))
    expect(lines).toEqual([...Array(3).fill('sign-in refused 203.0.113.1'), 'sign-in refused: too many at once 203.0.113.1'])
  })
})
