import type { H3Event } from 'h3'
import type { Identity } from '../accounts/service.ts'
import { LicenseError } from '../license/errors.ts'
import type { App } from './composition.ts'
import type { Peer } from './peer.ts'
import { cookieScopeOf, getSessionToken, setSessionCookie } from './session-cookie.ts'

/**
 * Begins a session for what the sign-in form sent. Guessing is slowed per address, and per account and address together, so
 * that nobody can lock the real administrator out from elsewhere. Throws UNAUTHENTICATED, RATE_LIMITED.
 */
export async function signInWithLimits(
  event: H3Event, app: App, peer: Peer, { email, password }: { email: string, password: string },
): Promise<Identity> {
  const { accounts, limits, log } = app
  const account = JSON.stringify([email, peer.network])
  await limits.use('loginAddress', peer.network)
  await limits.use('login', account)
  const giveBack = async () => {
    await limits.giveBack('loginAddress', peer.network)
    await limits.giveBack('login', account)
  }
  const { token, identity } = await accounts.signIn(email, password, peer.network).catch(async (error: unknown) => {
    const judged = error instanceof LicenseError && error.code === 'UNAUTHENTICATED'
    // What waited in vain, or met a database that is away, was no guess.
    if (judged) log.warn('sign-in refused', { address: peer.address })
    else await giveBack()
    throw error
  })
  await giveBack()
  const scope = cookieScopeOf(app, peer)
  const previous = getSessionToken(event, scope)
  if (previous !== undefined) await accounts.signOut(previous)
  setSessionCookie(event, token, scope)
  log.info('signed in', { account: identity.id, role: identity.role, address: peer.address })
  return identity
}
