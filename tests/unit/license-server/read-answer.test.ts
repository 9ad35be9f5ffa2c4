import { describe, expect, it } from 'vitest'
import type { Answer } from '../../../server/license-server/exchange.ts'
import { PROTOCOL } from '../../../server/license-server/protocol.ts'
import { readAnswer } from '../../../server/license-server/read-answer.ts'
import type { FindingCause } from '../../../shared/findings.ts'

/*
 * What an answer is follows from who evidently gave it. The questions are in their order; an answer that two of them fit is tried
 * with the first.
 */

const URL_ASKED = 'https://license.example:8443/api/v1/licenses/activate'
const SECRET = 's'.repeat(16)
const JSON_TYPE = { 'content-type': 'application/json' }
const HTML_TYPE = { 'content-type': 'text/html; charset=utf-8' }
const PAGE = '<!doctype html><title>Sign in</title>'

function answerOf(status: number, text = '', headers: Answer['headers'] = JSON_TYPE, complete = true): Answer {
  return { url: new URL(URL_ASKED), configured: false, status, headers, text, complete }
}
const read = (answer: Answer) => readAnswer(PROTOCOL.activate.response, answer)
const ours = (code: string, message: unknown = 'a text') => JSON.stringify({ error: { code, message } })

/** Code, cause and refusal of what an answer is. */
function told(answer: Answer): string {
  const outcome = read(answer)
  return outcome.ok ? 'ok' : `${outcome.seen.code} ${outcome.seen.cause} ${outcome.refusal}`
}

const REFUSALS: [string, FindingCause][] = [
  ['unknown_key', 'refused_unknown_key'], ['expired', 'refused_expired'], ['revoked', 'refused_revoked'], ['suspended', 'refused_suspended'],
  ['bound_elsewhere', 'refused_bound_elsewhere'], ['method_not_in_plan', 'refused_method_not_in_plan'], ['bad_request', 'refused_bad_request'],
]
const GATEWAY = [502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 527]
const FOREIGN_5XX = [500, 501, 505, 506, 507, 508, 510, 512, 519, 528, 530, 599, 600, 999]
const REDIRECTS = [300, 301, 302, 303, 304, 305, 307, 308, 399]
const OTHERS = [400, 401, 402, 403, 404, 405, 406, 408, 409, 410, 413, 418, 421, 422, 425, 426, 428, 431, 451, 499]
const SUCCESSES = [200, 201, 202, 204, 206, 299]

describe('first: the license server\'s own error object', () => {
  it.each(REFUSALS)('F36: %s is a refusal, whatever the status below 500 and whatever the type', (code, cause) => {
    for (const status of [400, 401, 403, 404, 407, 409, 422, 451, 302, 499]) {
      for (const headers of [JSON_TYPE, HTML_TYPE, {}]) expect(told(answerOf(status, ours(code), headers))).toBe(`SERVER_REFUSED ${cause} ${code}`)
    }
  })

  it.each(REFUSALS.map(([code]) => code))('F36: %s says that it has trouble itself, with any 5xx', (code) => {
    for (const status of [...GATEWAY, ...FOREIGN_5XX, 511]) expect(told(answerOf(status, ours(code)))).toBe('SERVER_ERROR server_error null')
  })

  it('F36: internal says so with any status', () => {
    for (const status of [...OTHERS, ...REDIRECTS, ...GATEWAY, ...FOREIGN_5XX, 407, 429, 511]) {
      expect(told(answerOf(status, ours('internal')))).toBe('SERVER_ERROR server_error null')
    }
  })

  it('F36: rate_limited asks for time with any status below 500, and so does 429 with any reason', () => {
    for (const status of [400, 403, 429, 407, 302]) expect(told(answerOf(status, ours('rate_limited')))).toBe('SERVER_RATE_LIMITED rate_limited rate_limited')
    for (const [code] of REFUSALS) expect(told(answerOf(429, ours(code)))).toBe('SERVER_RATE_LIMITED rate_limited null')
    expect(told(answerOf(503, ours('rate_limited')))).toBe('SERVER_ERROR server_error null')
  })

  it.each<[string, Answer]>([
    ['a code that nobody knows', answerOf(422, ours('mood'))], ['no text', answerOf(422, ours('revoked', null))],
    ['no code', answerOf(422, '{"error":{"message":"a text"}}')], ['no object within', answerOf(422, '{"error":"revoked"}')],
    ['its members outside', answerOf(422, '{"code":"revoked","message":"a text"}')], ['a list around it', answerOf(422, `[${ours('revoked')}]`)],
    ['its end missing', answerOf(422, ours('revoked').slice(0, -1))], ['more than anybody reads', answerOf(422, ours('revoked'), JSON_TYPE, false)],
  ])('F36: with %s is none', (_what, answer) => {
    expect(told(answer)).toBe('SERVER_NOT_A_LICENSE_SERVER not_a_license_server null')
  })
})

describe('then: somebody else\'s', () => {
  it.each<[string, number[], string]>([
    ['a gateway', GATEWAY, 'SERVER_ERROR gateway null'], ['429', [429], 'SERVER_RATE_LIMITED rate_limited null'],
    ['a proxy that wants a login', [407], 'NET_PROXY proxy_login null'],
  ])('F36: %s, with a page and without', (_what, statuses, expected) => {
    for (const status of statuses) {
      expect(told(answerOf(status, PAGE, HTML_TYPE))).toBe(expected)
      for (const text of ['', '{}', 'a text', ours('mood')]) expect(told(answerOf(status, text))).toBe(expected)
    }
  })

  it('F34: a redirect, to wherever', () => {
    for (const status of REDIRECTS) {
      for (const text of ['', PAGE, '{}']) {
        expect(told(answerOf(status, text, { location: 'https://portal.example/' }))).toBe('NET_CAPTIVE_PORTAL redirect null')
        expect(told(answerOf(status, text, {}))).toBe('NET_CAPTIVE_PORTAL redirect null')
      }
    }
  })

  it.each<[string, string, Answer['headers']]>([
    ['by its type', '', HTML_TYPE], ['by its type in capitals', 'hello', { 'content-type': 'TEXT/HTML' }],
    ['as XHTML', '', { 'content-type': 'application/xhtml+xml' }],
    ['by its beginning', PAGE, JSON_TYPE], ['by its beginning, without a type', '\n <HTML lang="en">', {}],
    ['by a part of it', '<script>location="/"</script>', { 'content-type': 'text/plain' }],
  ])('F35: a page, known %s', (_how, text, headers) => {
    for (const status of [...OTHERS, ...FOREIGN_5XX, ...SUCCESSES, 511]) expect(told(answerOf(status, text, headers))).toBe('NET_CAPTIVE_PORTAL web_page null')
  })

  it('F35: 511, page or not', () => {
    for (const answer of [answerOf(511), answerOf(511, '{}'), answerOf(511, PAGE, HTML_TYPE)]) expect(told(answer)).toBe('NET_CAPTIVE_PORTAL web_page null')
  })

  it.each<[string, number[], string]>([
    ['any other 5xx', FOREIGN_5XX, 'SERVER_ERROR server_error_foreign null'],
    ['anything else that is no success', OTHERS, 'SERVER_NOT_A_LICENSE_SERVER not_a_license_server null'],
  ])('F36: %s', (_what, statuses, expected) => {
    for (const status of statuses) {
      for (const answer of [answerOf(status), answerOf(status, '{}'), answerOf(status, 'a text', { 'content-type': 'text/plain' }), answerOf(status, '<x>')]) {
        expect(told(answer)).toBe(expected)
      }
    }
  })
})

describe('last: a success', () => {
  const GOOD = JSON.stringify({ lease: 'x.y.z', secret: SECRET })

  it.each(SUCCESSES)('%d that fits', (status) => {
    expect(read(answerOf(status, GOOD))).toEqual({ ok: true, value: { lease: 'x.y.z', secret: SECRET } })
  })

  it.each<[string, string, string, Answer['headers'], boolean]>([
    ['nothing', 'unreadable_answer', '', JSON_TYPE, true], ['a text', 'unreadable_answer', 'hello', JSON_TYPE, true],
    ['another type', 'unreadable_answer', GOOD, { 'content-type': 'text/plain' }, true], ['no type', 'unreadable_answer', GOOD, {}, true],
    ['a compressed body', 'unreadable_answer', GOOD, { ...JSON_TYPE, 'content-encoding': 'gzip' }, true],
    ['another schema', 'unreadable_answer', '{"lease":1}', JSON_TYPE, true], ['a list', 'unreadable_answer', '[{"lease":', JSON_TYPE, true],
    ['an error object', 'unreadable_answer', ours('revoked'), JSON_TYPE, true],
    ['more than anybody reads', 'unreadable_answer', '{"lease":"', JSON_TYPE, false],
    ['something that is no JSON, with an end', 'unreadable_answer', '{"lease":x}', JSON_TYPE, true],
    ['the beginning of JSON', 'cut_answer', '{"lease":"x', JSON_TYPE, true], ['the very beginning', 'cut_answer', ' {', JSON_TYPE, true],
    ['such a beginning of another type', 'unreadable_answer', '{"lease":"x', { 'content-type': 'text/plain' }, true],
  ])('F37: that does not fit: %s', (_what, cause, text, headers, complete) => {
    for (const status of SUCCESSES) expect(told(answerOf(status, text, headers, complete))).toBe(`SERVER_RESPONSE_INVALID ${cause} null`)
  })

  it.each(['<x>', '\n<?xml version="1.0"?><error/>', '<!-- nothing -->'])('F35: that is written like a page is one: %j', (text) => {
    expect(told(answerOf(200, text))).toBe('NET_CAPTIVE_PORTAL web_page null')
  })
})
