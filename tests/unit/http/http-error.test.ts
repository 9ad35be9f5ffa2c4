import { describe, expect, it } from 'vitest'
import type { ErrorCode } from '../../../shared/errors.ts'
import { ERROR_CODES } from '../../../shared/errors.ts'
import { answerError, answerUnrouted, errorBodyOf, ValidationError } from '../../../server/http/http-error.ts'
import { LicenseError } from '../../../server/license/errors.ts'
import { inRequest } from '../../../server/runtime/request-context.ts'
import { createHttpEvent, headersOf } from '../../support/http-event.ts'

/** The status of every code as the contract has it, and what its answer carries beyond that. */
const ANSWERS: Readonly<Record<ErrorCode, readonly [status: number, headers?: Record<string, unknown>]>> = {
  CREDENTIAL_MALFORMED: [422], KEY_UNKNOWN: [422], LICENSE_EXPIRED: [422], LICENSE_REVOKED: [422], LICENSE_SUSPENDED: [422],
  METHOD_NOT_IN_PLAN: [422], BOUND_TO_DIFFERENT_INSTALLATION: [422], TOKEN_SIGNATURE_INVALID: [422], TOKEN_UNKNOWN_SIGNER: [422],
  TOKEN_WRONG_KIND: [422], TOKEN_CLAIMS_INVALID: [422], TOKEN_NOT_YET_VALID: [422], TOKEN_OLDER_THAN_CURRENT: [422],
  NET_DNS: [502], NET_CONNECT: [502], NET_TIMEOUT: [504], NET_TLS: [502], NET_PROXY: [502], NET_CAPTIVE_PORTAL: [502],
  SERVER_ERROR: [502], SERVER_RATE_LIMITED: [502], SERVER_RESPONSE_INVALID: [502],
  VALIDATION: [400], UNAUTHENTICATED: [401, { 'www-authenticate': 'Bearer realm="license"' }], FEATURE_NOT_LICENSED: [402], FORBIDDEN: [403],
  CROSS_SITE: [403], NOT_FOUND: [404], HTTP_METHOD: [405], CONFLICT: [409], MANAGED_BY_ENV: [409], NO_LICENSE: [409],
  NO_CALLS_FOR_OFFLINE: [409], PAYLOAD_TOO_LARGE: [413], RATE_LIMITED: [429], INTERNAL: [500],
  STORAGE_UNAVAILABLE: [503, { 'retry-after': 2 }],
}
const ROWS = ERROR_CODES.map(code => ({ code, status: ANSWERS[code][0], headers: ANSWERS[code][1] ?? {} }))

describe('the answer to an error', () => {
  it.each(ROWS)('$code is $status with its own headers', ({ code, status, headers }) => {
    const event = createHttpEvent()
    const body = answerError(event, new LicenseError(code))
    expect(body).toMatchObject({ error: true, statusCode: status, statusMessage: code, message: code, data: { code } })
    expect(event.node.res.statusCode).toBe(status)
    expect(headersOf(event)).toEqual(headers)
  })

  it.each(ROWS.filter(({ status }) => status === 429 || status >= 502))('$code ($status) says when to come back, if that is known', ({ code }) => {
    const event = createHttpEvent()
    answerError(event, new LicenseError(code, { details: { retryAfterSeconds: 7 } }))
    expect(headersOf(event)['retry-after']).toBe(code === 'STORAGE_UNAVAILABLE' ? 2 : 7)
  })

  it.each([null, 'soon'])('says nothing of when to come back for %j', (retryAfterSeconds) => {
    const event = createHttpEvent()
    answerError(event, new LicenseError('SERVER_ERROR', { details: { retryAfterSeconds } }))
    expect(headersOf(event)).toEqual({})
  })

  it('of anything unexpected is INTERNAL, its text in the log alone', () => {
    const told: unknown[] = []
    const body = errorBodyOf(new TypeError('the secret'), { error: (message, { cause }) => told.push([message, cause]) })
    expect(body).toEqual({ error: true, statusCode: 500, statusMessage: 'INTERNAL', message: 'INTERNAL', data: { code: 'INTERNAL', reference: 'NCL-314' } })
    expect(told).toEqual([['a request ended unexpectedly', expect.stringMatching(/^TypeError: the secret < at /)]])
  })

  it('of anything expected is no line in the log', () => {
    const told: unknown[] = []
    for (const code of ERROR_CODES.filter(each => each !== 'INTERNAL')) errorBodyOf(new LicenseError(code), { error: message => told.push(message) })
    expect(told).toEqual([])
  })

  it('names the request it is about, the fields that did not fit, and its details', () => {
    expect(inRequest({ requestId: 'r-1' }, () => errorBodyOf(new ValidationError({ email: 'invalid_format' })).data))
      .toEqual({ code: 'VALIDATION', reference: 'NCL-301', requestId: 'r-1', fields: { email: 'invalid_format' } })
    expect(errorBodyOf(new LicenseError('CONFLICT', { details: { admin: 'last' } })).data).toEqual({ code: 'CONFLICT', reference: 'NCL-308', details: { admin: 'last' } })
  })
})

describe('the answer to what no route takes', () => {
  it.each([
    ['/api/users', 'HTTP_METHOD', 'GET, POST'], ['/api/users/', 'HTTP_METHOD', 'GET, POST'], ['/api/users/1', 'HTTP_METHOD', 'PATCH, DELETE'],
    ['/api/users/1?x=1', 'HTTP_METHOD', 'PATCH, DELETE'], ['/metrics', 'HTTP_METHOD', 'GET'], ['/api/license', 'HTTP_METHOD', 'GET, PUT, DELETE'],
    ['/api', 'NOT_FOUND', undefined], ['/api/users/1/2', 'NOT_FOUND', undefined], ['/api/nothing', 'NOT_FOUND', undefined],
  ])('%s is %s, and Allow %s', (path, code, allow) => {
    const event = createHttpEvent({ method: 'PROPFIND', path })
    expect(answerUnrouted(event).data.code).toBe(code)
    expect(headersOf(event)).toEqual({ 'cache-control': 'no-store', ...(allow === undefined ? {} : { allow }) })
  })
})
