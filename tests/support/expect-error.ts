import { expect } from 'vitest'
import type { ErrorCode } from '../../shared/errors.ts'
import { ERRORS } from '../../shared/errors.ts'
import type { Answer } from './api-client.ts'

/** The status of every code, written out so that a change in the product's own table is noticed. */
const CODES_BY_STATUS: Readonly<Record<number, readonly ErrorCode[]>> = {
  400: ['VALIDATION'],
  401: ['UNAUTHENTICATED'],
  402: ['FEATURE_NOT_LICENSED'],
  403: ['FORBIDDEN', 'CROSS_SITE'],
  404: ['NOT_FOUND'],
  405: ['HTTP_METHOD'],
  409: ['CONFLICT', 'MANAGED_BY_ENV', 'NO_LICENSE', 'NO_CALLS_FOR_OFFLINE'],
  413: ['PAYLOAD_TOO_LARGE'],
  422: [
    'CREDENTIAL_MALFORMED', 'KEY_UNKNOWN', 'LICENSE_EXPIRED', 'LICENSE_REVOKED', 'LICENSE_SUSPENDED', 'METHOD_NOT_IN_PLAN',
    'BOUND_TO_DIFFERENT_INSTALLATION', 'TOKEN_SIGNATURE_INVALID', 'TOKEN_UNKNOWN_SIGNER', 'TOKEN_WRONG_KIND',
    'TOKEN_CLAIMS_INVALID', 'TOKEN_NOT_YET_VALID', 'TOKEN_OLDER_THAN_CURRENT',
  ],
  429: ['RATE_LIMITED'],
  500: ['INTERNAL'],
  502: [
    'NET_DNS', 'NET_CONNECT', 'NET_TLS', 'NET_PROXY', 'NET_CAPTIVE_PORTAL', 'SERVER_ERROR', 'SERVER_RATE_LIMITED',
    'SERVER_RESPONSE_INVALID', 'SERVER_NOT_A_LICENSE_SERVER', 'SERVER_REFUSED',
  ],
  503: ['STORAGE_UNAVAILABLE'],
  504: ['NET_TIMEOUT'],
}

/** Stack traces, source paths, and the wording of validators, drivers and HTTP clients, their codes in a finding aside. */
const INTERNALS = new RegExp([
  String.raw`\n\s+at `, String.raw`"stack"`, 'node_modules', String.raw`\.mjs`, String.raw`\.ts\b`, 'ZodError',
  'Invalid input', 'expected string', 'received ', 'SQLITE', 'UND_ERR', 'ECONN', 'ENOTFOUND', 'EAI_AGAIN', 'self-signed',
  'Injected by',
].join('|'))

/** The fact of a finding that is the driver's or the system's own code, which support asks for. */
const ERRNO = /"errno":"[A-Z]\w{1,40}",?/g

/** Asserts a response's status, code and reference, and that it reveals nothing internal. */
export function expectError(answer: Answer, code: ErrorCode): void {
  const { status, error } = answer
  expect({ status, code: error?.code, reference: error?.reference }, answer.text)
    .toEqual({ status: statusOf(code), code, reference: ERRORS[code].reference })
  expect(error?.reference).toMatch(/^NCL-\d{3}$/)
  expectNoInternals(answer.text)
}

export function expectNoInternals(text: string): void {
  expect(text.replaceAll(ERRNO, '')).not.toMatch(INTERNALS)
}

function statusOf(code: ErrorCode): number {
  return Number(Object.entries(CODES_BY_STATUS).find(([, codes]) => codes.includes(code))?.[0])
}
