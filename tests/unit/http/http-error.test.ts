import { describe, expect, it } from 'vitest'
import type { ErrorCode } from '../../../shared/errors.ts'
import { ERROR_CODES } from '../../../shared/errors.ts'
import { seen } from '../../../shared/findings.ts'
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
  SERVER_ERROR: [502], SERVER_RATE_LIMITED: [502], SERVER_RESPONSE_INVALID: [502], SERVER_NOT_A_LICENSE_SERVER: [502], SERVER_REFUSED: [502],
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

describe('what an error says was found', () => {
  const facts = { proxy: '10.1.2.3:3128', user: 'svc-nocodb', host: 'license.example' }
  const refused = new LicenseError('NET_PROXY', { details: { host: 'license.example' }, seen: seen('NET_PROXY', 'proxy_login', facts) })

  it('is in its body, with its time, as the caller may see it', () => {
    const finding = { code: 'NET_PROXY', reference: 'NCL-205', cause: 'proxy_login', stage: 'proxy', at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) }
    expect(errorBodyOf(refused, undefined, 'admin').data).toEqual({
      code: 'NET_PROXY', reference: 'NCL-205', details: { host: 'license.example' }, finding: { ...finding, facts },
    })
    const seenByViewer = { ...finding, facts: { proxy: '•:3128', host: 'license.example' } }
    expect(errorBodyOf(refused, undefined, 'viewer').data.finding).toEqual(seenByViewer)
    expect(answerError(createHttpEvent(), refused, undefined, 'admin').data.finding).toEqual({ ...finding, facts })
  })

  it('is what a viewer may see, where nobody says who asks', () => {
    expect(errorBodyOf(refused).data.finding?.facts).toEqual({ proxy: '•:3128', host: 'license.example' })
    expect(answerError(createHttpEvent(), refused).data.finding?.facts).toEqual({ proxy: '•:3128', host: 'license.example' })
  })

  it('follows for a credential from its code and details', () => {
    const error = new LicenseError('CREDENTIAL_MALFORMED', { details: { cause: 'capitals' } })
    expect(errorBodyOf(error).data).toMatchObject({ finding: { code: 'CREDENTIAL_MALFORMED', cause: 'capitals', facts: {} } })
  })

  it('is nothing where only the request was at fault', () => {
    for (const code of ['VALIDATION', 'UNAUTHENTICATED', 'FORBIDDEN', 'CROSS_SITE', 'NOT_FOUND', 'CONFLICT', 'NO_LICENSE', 'RATE_LIMITED', 'INTERNAL'] as const) {
      expect(errorBodyOf(new LicenseError(code), undefined, 'admin').data).toEqual({ code, reference: expect.any(String) })
    }
  })

  it('is of the database, by what it was found to be', () => {
    expect(errorBodyOf(new LicenseError('STORAGE_UNAVAILABLE', { details: { cause: 'read_only' } })).data.finding)
      .toMatchObject({ code: 'STORAGE_UNAVAILABLE', reference: 'NCL-315', cause: 'read_only', stage: 'storage' })
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
