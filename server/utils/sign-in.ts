import type { H3Event } from 'h3'
import type { Identity } from '../accounts/service.ts'
import { LicenseError } from '../license/errors.ts'
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
  // What the database failed was no guess, and is no sign of an attack.
  const giveBack = () => Promise.all([limits.giveBack('loginAddress', address), limits.giveBack('login', account)])
  const previous = getSessionToken(event)
  const { token, identity } = await accounts.signIn(email, password).catch(async (error: unknown) => {
    if (error instanceof LicenseError && error.code === 'UNAUTHENTICATED') log.warn('sign-in refused', { address })
    else await giveBack()
    throw error
  })
  await giveBack()
  if (previous !== undefined) await accounts.signOut(previous)
  setSessionCookie(event, token, origin)
  return identity
}
