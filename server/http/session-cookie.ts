import { createHash } from 'node:crypto'
import type { H3Event } from 'h3'
import { deleteCookie, parseCookies, setCookie } from 'h3'
import type { Peer } from './peer.ts'

/*
 * All ports of a host share its cookies, and so do http and https, except that a Secure cookie can be neither read nor
 * overwritten over http. So each installation and scheme has a cookie name of its own, and none gets in another's way.
 */

const NAME = 'nc_license_session'
const DAYS_7 = 7 * 86_400
/** 32 random bytes in base64url; we never set anything else. */
const TOKEN = /^[\w-]{43}$/

/** What the name and attributes of a session cookie depend on. */
export interface CookieScope {
  /** Begins and ends with a slash. */
  basePath: string
  instanceId: string
  /** Whether browsers reach us over https. */
  https: boolean
}

export function cookieScopeOf(
  { config, license }: { config: { basePath: string }, license: { instanceId: string } }, { origin }: Pick<Peer, 'origin'>,
): CookieScope {
  return { basePath: config.basePath, instanceId: license.instanceId, https: origin.startsWith('https:') }
}

/** `__Host-` requires the path `/` (RFC 6265bis §4.1.3). Either prefix keeps plain http from planting a session. */
export function sessionCookieName({ basePath, instanceId, https }: CookieScope): string {
  const prefix = https ? basePath === '/' ? '__Host-' : '__Secure-' : ''
  return `${prefix}${NAME}_${markOf(instanceId)}`
}

/** A process has one Instance ID; tests have several. */
const marks = new Map<string, string>()

function markOf(instanceId: string): string {
  const mark = marks.get(instanceId) ?? createHash('sha256').update(instanceId).digest('hex').slice(0, 8)
  marks.set(instanceId, mark)
  return mark
}

/** Whether the request carries a session cookie of any such panel. Telling whether it is ours takes the Instance ID. */
export function hasSessionCookie({ node: { req } }: H3Event): boolean {
  const { cookie = '' } = req.headers
  return cookie.split(';').some(each => each.slice(0, Math.max(0, each.indexOf('='))).includes(`${NAME}_`))
}

/** The session token in the request's cookie, if it is well-formed. */
export function getSessionToken(event: H3Event, scope: CookieScope): string | undefined {
  return tokenIn(parseCookies(event)[sessionCookieName(scope)])
}

/** Sets the cookie of a new session. */
export function setSessionCookie(event: H3Event, token: string, scope: CookieScope): void {
  setCookie(event, sessionCookieName(scope), token, { ...attributes(scope), maxAge: DAYS_7 })
}

/**
 * Deletes every session cookie of this installation that the request carries, including those of the other scheme, of an earlier
 * base path and of earlier versions. The caller must end the sessions of the tokens it returns.
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
