import { createHash } from 'node:crypto'
import type { H3Event } from 'h3'
import { deleteCookie, parseCookies, setCookie } from 'h3'
import type { Peer } from './peer.ts'

/*
 * A host's cookies are shared by all its ports, and by http and https, where one that is Secure can be neither read nor
 * overwritten over http. Hence a name for each installation and each way to it: none ever stands in another's place.
 */

const NAME = 'nc_license_session'
const DAYS_7 = 7 * 86_400
/** 32 random bytes in base64url; anything else in a cookie was never ours. */
const TOKEN = /^[\w-]{43}$/

/** What a session's cookie is bound to. */
export interface CookieScope {
  /** Begins and ends with a slash. */
  basePath: string
  instanceId: string
  /** Whether people come by https. */
  https: boolean
}

export function cookieScopeOf(
  { config, license }: { config: { basePath: string }, license: { instanceId: string } }, { origin }: Pick<Peer, 'origin'>,
): CookieScope {
  return { basePath: config.basePath, instanceId: license.instanceId, https: origin.startsWith('https:') }
}

/** `__Host-` is to be had at `/` alone (RFC 6265bis §4.1.3); both prefixes keep plain http from planting a session. */
export function sessionCookieName({ basePath, instanceId, https }: CookieScope): string {
  const prefix = https ? basePath === '/' ? '__Host-' : '__Secure-' : ''
  return `${prefix}${NAME}_${createHash('sha256').update(instanceId).digest('hex').slice(0, 8)}`
}

/** Whether the request brought any session cookie of a product like this; whose it is takes the Instance ID to tell. */
export function hasSessionCookie(event: H3Event): boolean {
  return Object.keys(parseCookies(event)).some(name => name.includes(`${NAME}_`))
}

/** The session token that came with the request, if it looks like one. */
export function getSessionToken(event: H3Event, scope: CookieScope): string | undefined {
  return tokenIn(parseCookies(event)[sessionCookieName(scope)])
}

/** Sets the cookie of a session just begun. */
export function setSessionCookie(event: H3Event, token: string, scope: CookieScope): void {
  setCookie(event, sessionCookieName(scope), token, { ...attributes(scope), maxAge: DAYS_7 })
}

/**
 * Forgets every session cookie of this installation that came with the request: this one, one of the other scheme or of an
 * earlier base path, and that of earlier versions. The sessions of the tokens it returns are to end.
 */
export function clearSessionCookies(event: H3Event, scope: CookieScope): string[] {
  const cookies = parseCookies(event)
  const came = ownCookies(scope).filter(({ name }) => cookies[name] !== undefined)
  for (const { name, scope: of } of came) deleteCookie(event, name, attributes(of))
  return [...new Set(came.map(({ name }) => tokenIn(cookies[name])).filter(token => token !== undefined))]
}

function ownCookies(scope: CookieScope): { name: string, scope: CookieScope }[] {
  const scopes = [scope.basePath, '/'].flatMap(basePath => [true, false].map(https => ({ ...scope, basePath, https })))
  return [...scopes.map(each => ({ name: sessionCookieName(each), scope: each })), { name: NAME, scope: { ...scope, basePath: '/' } }]
}

function tokenIn(value: string | undefined): string | undefined {
  return value !== undefined && TOKEN.test(value) ? value : undefined
}

function attributes({ basePath, https }: CookieScope) {
  return { httpOnly: true, sameSite: 'lax' as const, path: basePath, secure: https }
}
