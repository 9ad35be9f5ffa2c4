import type { H3Event } from 'h3'
import type { Identity } from '../accounts/service.ts'
import type { App } from './composition.ts'
import type { Peer } from './peer.ts'
import { getSessionToken, setSessionCookie } from './session-cookie.ts'

/**
 * Takes what the sign-in form sent; begins a session. Guessing is slowed per address, and per account and address
 * together, so that nobody can lock the real administrator out from elsewhere. Throws UNAUTHENTICATED, RATE_LIMITED.
 */
export async function signInWithLimits(
  event: H3Event, { accounts, limits, log }: App, { address, origin }: Peer, { email, password }: { email: string, password: string },
): Promise<Identity> {
  const account = JSON.stringify([email, address])
  await limits.use('loginAddress', address)
  await limits.use('login', account)
  const previous = getSessionToken(event)
  const { token, identity } = await accounts.signIn(email, password).catch((error: unknown) => {
    log.warn('sign-in refused', { address })
    throw error
  })
  await limits.giveBack('loginAddress', address)
  await limits.giveBack('login', account)
  if (previous !== undefined) await accounts.signOut(previous)
  setSessionCookie(event, token, origin)
  log.info('signed in', { account: identity.id, role: identity.role, address })
  return identity
}
