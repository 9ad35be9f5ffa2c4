import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  clearSessionCookies, cookieScopeOf, getSessionToken, hasSessionCookie, sessionCookieName, setSessionCookie,
} from '../../../server/http/session-cookie.ts'
import { createHttpEvent } from '../../support/http-event.ts'

const instanceId = 'a1'.repeat(16)
const EIGHT = createHash('sha256').update(instanceId).digest('hex').slice(0, 8)
const HTTP = { basePath: '/', instanceId, https: false }
const HTTPS = { ...HTTP, https: true }
const BELOW = { ...HTTPS, basePath: '/license/' }
const TOKEN = 'T'.repeat(43)

const eventWith = (cookie?: string) => createHttpEvent({ headers: cookie === undefined ? {} : { cookie } })
const setBy = (act: (event: ReturnType<typeof eventWith>) => void, cookie?: string) => {
  const event = eventWith(cookie)
  act(event)
  return [event.node.res.getHeader('set-cookie') ?? []].flat().map(String)
}

describe('the session cookie', () => {
  it.each([
    [HTTP, `nc_license_session_${EIGHT}`], [HTTPS, `__Host-nc_license_session_${EIGHT}`],
    [BELOW, `__Secure-nc_license_session_${EIGHT}`], [{ ...BELOW, https: false }, `nc_license_session_${EIGHT}`],
  ])('%j has a name of its own', (scope, name) => {
    expect(sessionCookieName(scope)).toBe(name)
    const [cookie = ''] = setBy(event => setSessionCookie(event, TOKEN, scope))
    expect(cookie).toMatch(new RegExp(`^${name}=${TOKEN}; `))
    expect(cookie).toContain(`Path=${scope.basePath}; `)
    expect(cookie).toMatch(/HttpOnly/)
    expect(cookie).toMatch(/SameSite=Lax/)
    expect(/Secure(?:;|$)/.test(cookie.slice(name.length))).toBe(scope.https)
    // RFC 6265bis: a browser refuses it otherwise.
    if (name.startsWith('__Host-')) expect(cookie).not.toMatch(/Domain/i)
  })

  it.each([['https://panel.example', true], ['http://panel.example', false], ['null', false]])('goes by what the browser sees: %s', (origin, https) => {
    expect(cookieScopeOf({ config: { basePath: '/license/' }, license: { instanceId } }, { origin })).toEqual({ basePath: '/license/', instanceId, https })
  })

  it('of another installation, of the other scheme or of an earlier version is not read', () => {
    const others = [HTTPS, BELOW, { ...HTTP, instanceId: 'b2'.repeat(16) }].map(sessionCookieName)
    const left = [...others, 'nc_license_session'].map(name => `${name}=${'X'.repeat(43)}`).join('; ')
    expect(getSessionToken(eventWith(left), HTTP)).toBeUndefined()
    expect(getSessionToken(eventWith(`${left}; ${sessionCookieName(HTTP)}=${TOKEN}`), HTTP)).toBe(TOKEN)
  })

  it('is looked for before it is known whose', () => {
    expect([undefined, 'nc-locale=de', `nc_license_session=${TOKEN}`].map(cookie => hasSessionCookie(eventWith(cookie)))).toEqual([false, false, false])
    for (const scope of [HTTP, HTTPS, BELOW]) expect(hasSessionCookie(eventWith(`a=b; ${sessionCookieName(scope)}=x`))).toBe(true)
  })

  it.each(['%E0%A4%A', 'x'.repeat(8192), '', '""', '{}', '../../x', `${TOKEN}%00`])('F81: holding %s is ignored', (value) => {
    expect(getSessionToken(eventWith(`${sessionCookieName(HTTP)}=${value}`), HTTP)).toBeUndefined()
  })

  it('of a session just begun lasts as long as that can', () => {
    expect(setBy(event => setSessionCookie(event, TOKEN, HTTP))[0]).toContain(`Max-Age=${7 * 86_400}; `)
  })

  it('signing out forgets every one of this installation that came along, and those alone', () => {
    const names = [HTTPS, BELOW, HTTP].map(sessionCookieName)
    const cookie = [...names.map((name, nth) => `${name}=${String(nth).repeat(43)}`), `nc_license_session=${TOKEN}`,
      `${sessionCookieName({ ...HTTP, instanceId: 'b2'.repeat(16) })}=${'b'.repeat(43)}`, 'nc-locale=%E0%A4%A'].join('; ')
    let tokens: string[] = []
    const cleared = setBy(event => void (tokens = clearSessionCookies(event, BELOW)), cookie)
    expect(tokens.toSorted()).toEqual(['0', '1', '2', 'T'].map(each => each.repeat(43)))
    expect(new Set(cleared.map(each => each.split('=')[0]))).toEqual(new Set([...names, 'nc_license_session']))
    expect(cleared.every(each => /Max-Age=0/.test(each))).toBe(true)
    // A browser forgets a cookie by its name and path, and lets go of a prefixed one only where it is Secure.
    const places = cleared.map(each => `${each.split('=')[0]} ${/; Path=([^;]+)/.exec(each)?.[1]}`)
    const pairs = [[HTTPS, '/'], [BELOW, '/license/'], [HTTP, '/license/'], [HTTP, '/']] as const
    expect(places.toSorted()).toEqual([...pairs.map(([scope, path]) => `${sessionCookieName(scope)} ${path}`), 'nc_license_session /'].toSorted())
    expect(cleared.filter(each => each.startsWith('__')).every(each => each.includes('Secure'))).toBe(true)
    expect(setBy(event => void clearSessionCookies(event, BELOW))).toEqual([])
  })

  it('signing out forgets a malformed one too, although no session can be its', () => {
    let tokens: string[] | undefined
    const cleared = setBy(event => void (tokens = clearSessionCookies(event, HTTP)), `${sessionCookieName(HTTP)}=x; nc_license_session=${TOKEN}`)
    expect(tokens).toEqual([TOKEN])
    expect(cleared.map(each => each.split(';')[0]).toSorted()).toEqual(['nc_license_session=', `${sessionCookieName(HTTP)}=`])
  })
})
