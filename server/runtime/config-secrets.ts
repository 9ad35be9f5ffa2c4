import { createHash } from 'node:crypto'
import { z } from 'zod'
import { isUsablePassword } from '../../shared/password.ts'
import type { Source } from './config-source.ts'
import { IN_QUOTES, listOf } from './config-source.ts'
import { VARIABLES } from './config-variables.ts'

/* Variables that hold a secret, and those that go with them. Problems are recorded in the source, values never. */

/** The value of NC_LICENSE_KEY, and its SHA-256 in hex, by which a change is noticed. */
export interface LicenseKey { text: string, digest: string }
export interface Admin { email: string, password: string }

/** Not validated here: a bad license never keeps the server from starting. */
export function licenseKey(source: Source): LicenseKey | null {
  const value = source.secret('NC_LICENSE_KEY')
  return value ? { text: value, digest: createHash('sha256').update(value).digest('hex') } : null
}

export function admin(source: Source): Admin | null {
  const email = source.text('NC_ADMIN_EMAIL')
  const password = source.literal('NC_ADMIN_PASSWORD')
  if (email && !z.email().max(254).safeParse(email).success) source.reject('NC_ADMIN_EMAIL', 'expected an e-mail address')
  const problem = password && passwordProblem(password)
  if (problem) source.reject('NC_ADMIN_PASSWORD', problem)
  const unreadable = source.originOf('NC_ADMIN_PASSWORD').from === 'file' && !password
  if (email && !password && !unreadable) source.reject('NC_ADMIN_PASSWORD', 'is needed together with NC_ADMIN_EMAIL')
  if (password && !email) source.reject('NC_ADMIN_EMAIL', 'is needed together with NC_ADMIN_PASSWORD')
  return email && password ? { email: email.toLowerCase(), password } : null
}

/** The password is taken literally, so it must be something that can be typed into the sign-in form. */
function passwordProblem(password: string): string | null {
  if (/[\p{Cc}\ufeff]/u.test(password)) return 'contains a line break or another character that cannot be typed into the sign-in form'
  return isUsablePassword(password) ? null : 'expected 10 to 256 characters, not only spaces'
}

export function sessionSecret(source: Source): string | null {
  const value = source.secret('NC_SESSION_SECRET')
  if (value && value.length < 32) source.reject('NC_SESSION_SECRET', 'expected at least 32 characters')
  return value
}

export function bearerTokens(source: Source, name: string): string[] {
  const tokens = listOf(source.secret(name))
  if (tokens.some(token => !/^[\x21-\x7E]{32,}$/.test(token))) {
    source.reject(name, 'expected tokens of at least 32 printable characters without spaces, separated by commas')
  }
  return tokens
}

export function adminTokens(source: Source, serviceTokens: readonly string[]): string[] {
  const tokens = bearerTokens(source, 'NC_ADMIN_TOKEN')
  if (tokens.some(token => serviceTokens.includes(token))) {
    source.reject('NC_ADMIN_TOKEN', 'must not share a token with NC_SERVICE_TOKEN: that would make a service an administrator')
  }
  return tokens
}

/** A secret can be anything, so quotation marks around it may be meant: they are warned about, not refused. */
export function quoteWarnings(source: Source): string[] {
  return VARIABLES.filter(({ name, secret }) => secret && source.isQuoted(name) && !source.problems.some(line => line.startsWith(`${name}:`)))
    .map(({ name }) => `${name}: ${IN_QUOTES} unless they are intended`)
}
