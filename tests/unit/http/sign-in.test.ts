import { describe, expect, it } from 'vitest'
import { LicenseError } from '../../../server/license/errors.ts'
import { createFoldedLog } from '../../../server/runtime/folded-log.ts'
import { createRateLimits } from '../../../server/http/rate-limits.ts'
import type { SignInParts } from '../../../server/http/sign-in.ts'
import { signInWithLimits } from '../../../server/http/sign-in.ts'
import { createHttpEvent } from '../../support/http-event.ts'

type SignIn = SignInParts['accounts']['signIn']

const PEER = { address: '203.0.113.1', network: '203.0.113.1', origin: 'http://localhost' }
const signedIn: SignIn = async email => ({ token: 'T'.repeat(43), identity: { kind: 'user', id: '1', email, role: 'admin', sessionId: 's' } })
const failing = (error: unknown): SignIn => () => Promise.reject(error)

function createDoor() {
  const lines: string[] = []
  const write = (message: string, fields: Record<string, unknown> = {}) => void lines.push(`${message} ${String(fields.address)}`)
  const log = { info: write, warn: write, error: write }
  const app = {
    log, refusals: createFoldedLog(log), limits: createRateLimits(),
    config: { basePath: '/', publicUrl: null }, license: { instanceId: 'a1'.repeat(16) },
  }
  async function signIn(how: SignIn, email = 'ada@example.com'): Promise<string> {
    const accounts = { signIn: how, signOut: async () => undefined }
    return signInWithLimits(createHttpEvent(), { ...app, accounts }, PEER, { email, password: 'any' }).then(
      () => 'signed in', (error: unknown) => error instanceof LicenseError ? error.code : String(error))
  }
  const times = (count: number, how: SignIn) => Promise.all(Array.from({ length: count }, () => signIn(how)))
  return { lines, signIn, times }
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
})
