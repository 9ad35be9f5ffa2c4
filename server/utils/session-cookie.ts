import type { H3Event } from 'h3'
import { useRuntimeConfig } from 'nitropack/runtime'
import { deleteCookie, getCookie, setCookie } from 'h3'

const NAME = 'nc_license_session'
const DAYS_7 = 7 * 86_400

/** Takes a request; returns the session token its cookie carries. */
export function getSessionToken(event: H3Event): string | undefined {
  return getCookie(event, NAME)
}

/** Takes the token of a session just begun; sets its cookie, `Secure` when people reach us by https. */
export function setSessionCookie(event: H3Event, token: string, origin: string): void {
  setCookie(event, NAME, token, { ...attributes(origin), maxAge: DAYS_7 })
}

export function clearSessionCookie(event: H3Event, origin: string): void {
  deleteCookie(event, NAME, attributes(origin))
}

function attributes(origin: string) {
  return { httpOnly: true, sameSite: 'lax' as const, path: useRuntimeConfig().app.baseURL, secure: origin.startsWith('https:') }
}
