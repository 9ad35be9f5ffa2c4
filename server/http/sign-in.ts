import type { H3Event } from 'h3'
import type { Accounts, Identity } from '../accounts/service.ts'
import { LicenseError } from '../license/errors.ts'
import type { Log } from '../license/ports.ts'
import type { FoldedLog } from '../runtime/folded-log.ts'
import type { Peer } from './peer.ts'
import type { RateLimits } from './rate-limits.ts'
import { cookieScopeOf, getSessionToken, setSessionCookie } from './session-cookie.ts'

/** The parts of the app that a sign-in needs. */
export interface SignInParts {
  accounts: Pick<Accounts, 'signIn' | 'signOut'>
  limits: RateLimits
  log: Log
  refusals: Pick<FoldedLog, 'warn'>
  config: { basePath: string }
  license: { instanceId: string }
}

/** Raised before the password was checked. Such a try reveals nothing about the password, so it does not count. */
const UNJUDGED: readonly unknown[] = ['RATE_LIMITED', 'STORAGE_UNAVAILABLE']

/**
 * Signs in with an e-mail and a password, and sets the session cookie. Tries are limited per address, and per account and
 * address together, but never per account alone: nobody can lock the administrator out from elsewhere. Throws UNAUTHENTICATED or
 * RATE_LIMITED.
 */
export async function signInWithLimits(
  event: H3Event, app: SignInParts, peer: Peer, { email, password }: { email: string, password: string },
): Promise<Identity> {
  const { accounts, log, refusals } = app
  const { address, network } = peer
  const giveBack = await countTry(app, peer, email)
  const { token, identity } = await accounts.signIn(email, password, network).catch((error: unknown) => {
    const code = codeOf(error)
    if (UNJUDGED.includes(code)) giveBack()
    if (code === 'UNAUTHENTICATED') log.warn('sign-in refused', { address })
    if (code === 'RATE_LIMITED') refusals.warn('sign-in refused: too many at once', { address })
    throw error
  })
  giveBack()
  const scope = cookieScopeOf(app, peer)
  const previous = getSessionToken(event, scope)
  if (previous !== undefined) await accounts.signOut(previous)
  setSessionCookie(event, token, scope)
  log.info('signed in', { account: identity.id, role: identity.role, address })
  return identity
}

/** Counts a try for the address, and for the account from that address. The function it resolves to takes both back. */
async function countTry({ limits, refusals }: SignInParts, { address, network }: Peer, email: string): Promise<() => void> {
  const counted: (() => void)[] = []
  const giveBack = () => counted.forEach(each => each())
  try {
    counted.push(await limits.use('loginAddress', network))
    counted.push(await limits.use('login', JSON.stringify([email, network])))
  }
  catch (error) {
    giveBack()
    refusals.warn('sign-in refused: too many tries', { address })
    throw error
  }
  return giveBack
}

function codeOf(error: unknown): string | undefined {
  return error instanceof LicenseError ? error.code : undefined
}
