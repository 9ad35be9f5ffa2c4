import { expect } from 'vitest'
import type { ErrorCode } from '../../shared/errors.ts'
import { ERRORS } from '../../shared/errors.ts'
import type { Answer } from '../product/api-client.ts'

const credential = [
  'CREDENTIAL_MALFORMED', 'KEY_UNKNOWN', 'LICENSE_EXPIRED', 'LICENSE_REVOKED', 'LICENSE_SUSPENDED', 'METHOD_NOT_IN_PLAN',
  'BOUND_TO_DIFFERENT_INSTALLATION', 'TOKEN_SIGNATURE_INVALID', 'TOKEN_UNKNOWN_SIGNER', 'TOKEN_WRONG_KIND',
  'TOKEN_CLAIMS_INVALID', 'TOKEN_NOT_YET_VALID', 'TOKEN_OLDER_THAN_CURRENT',
] as const
const network = [
  'NET_DNS', 'NET_CONNECT', 'NET_TLS', 'NET_PROXY', 'NET_CAPTIVE_PORTAL', 'SERVER_ERROR', 'SERVER_RATE_LIMITED',
  'SERVER_RESPONSE_INVALID',
] as const

/** The status of every code, written out: a change of the product's own table must not go unseen. */
const STATUS: Readonly<Record<ErrorCode, number>> = {
  ...statusOfAll(credential, 422),
  ...statusOfAll(network, 502),
  NET_TIMEOUT: 504,
  VALIDATION: 400, UNAUTHENTICATED: 401, FEATURE_NOT_LICENSED: 402, FORBIDDEN: 403, CROSS_SITE: 403, NOT_FOUND: 404,
  HTTP_METHOD: 405, CONFLICT: 409, MANAGED_BY_ENV: 409, NO_LICENSE: 409, NO_CALLS_FOR_OFFLINE: 409,
  PAYLOAD_TOO_LARGE: 413, RATE_LIMITED: 429, INTERNAL: 500, STORAGE_UNAVAILABLE: 503,
}

/** Stack traces, source paths, and the wording of validators, drivers and HTTP clients. */
const INTERNALS = new RegExp([
  String.raw`\n\s+at `, String.raw`"stack"`, 'node_modules', String.raw`\.mjs`, String.raw`\.ts\b`, 'ZodError',
  'Invalid input', 'expected string', 'received ', 'SQLITE', 'UND_ERR', 'ECONN', 'ENOTFOUND', 'EAI_AGAIN', 'self-signed',
  'Injected by',
].join('|'))

/** Asserts the answer's status, code and reference, and that nothing of the inside shows. */
export function expectError(answer: Answer, code: ErrorCode): void {
  const { status, error } = answer
  expect({ status, code: error?.code, reference: error?.reference }, answer.text)
    .toEqual({ status: STATUS[code], code, reference: ERRORS[code].reference })
  expect(error?.reference).toMatch(/^NCL-\d{3}$/)
  expectNoInternals(answer.text)
}

export function expectNoInternals(text: string): void {
  expect(text).not.toMatch(INTERNALS)
}

function statusOfAll<C extends ErrorCode>(codes: readonly C[], status: number): Record<C, number> {
  return Object.fromEntries(codes.map(code => [code, status])) as Record<C, number>
}
