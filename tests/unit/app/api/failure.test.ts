import { describe, expect, it } from 'vitest'
import { isFinding, isRecord, mayBeDone, requestIdOf, toFailure, UNREACHABLE } from '../../../../app/api/failure.ts'
import { ERROR_CODES } from '../../../../shared/errors.ts'
import { FINDING_CAUSES } from '../../../../shared/findings.ts'

const DATA = {
  code: 'NET_TLS', reference: 'NCL-203', requestId: 'a1-b2.c3', details: { host: 'app.nocodb.com', port: 443, found: null }, fields: { email: 'too long' },
}
const READ = { ...DATA, status: 502, finding: null, retryAfter: null }
const FINDING = {
  code: 'NET_TLS', reference: 'NCL-204', cause: 'certificate_unknown_issuer', stage: 'tls', at: '2026-11-26T14:03:00.000Z',
  facts: { host: 'app.nocodb.com', issuer: 'Corporate CA', port: 443, subject: null },
}

describe('an error response', () => {
  it.each([['as h3 sends it', { statusCode: 502, message: 'x', data: DATA }], ['by its data alone', DATA]])('is read %s', (_how, body) => {
    expect(toFailure(body, 502)).toEqual(READ)
  })

  it.each(ERROR_CODES)('keeps the code %s', (code) => {
    expect(toFailure({ data: { ...DATA, code } }, 400).code).toBe(code)
  })

  it.each([
    ['nothing', undefined], ['null', null], ['text', '<html>502 Bad Gateway</html>'], ['a list', [DATA]], ['no data', { message: 'x' }], ['data that is a list', { data: [DATA] }],
  ])('with %s for a body becomes UNREACHABLE, with the status of whoever answered in place of this server, but INTERNAL with 500', (_what, body) => {
    expect(toFailure(body, 500)).toEqual({
      code: 'INTERNAL', reference: 'NCL-314', requestId: null, status: 500, details: {}, finding: null, fields: {}, retryAfter: null,
    })
    for (const status of [502, 503, 504, 401, 403, 405, 408, 413, 429, 520, 524]) {
      expect(toFailure(body, status)).toEqual({ ...UNREACHABLE, status, details: { status } })
    }
  })

  it.each(['NO_SUCH_CODE', 'toString', '__proto__', 'UNREACHABLE', 7, null])('with the code %j, which is not ours, becomes INTERNAL', (code) => {
    expect(toFailure({ data: { ...DATA, code } }, 500)).toEqual({ ...READ, code: 'INTERNAL', status: 500 })
  })

  it('loses details and fields of a kind that the screen cannot show', () => {
    const details = { host: 'h', list: [1], nested: { a: 1 }, flag: true, port: 0, found: null }
    const { details: shown, fields } = toFailure({ data: { ...DATA, details, fields: { email: 'bad', role: 3, other: null } } }, 400)
    expect(shown).toEqual({ host: 'h', port: 0, found: null })
    expect(fields).toEqual({ email: 'bad' })
    expect(toFailure({ data: { ...DATA, details: 'x', fields: [] } }, 400)).toMatchObject({ details: {}, fields: {} })
  })

  it.each([['5', 5], ['0', 0], [null, null], ['Wed, 21 Oct 2026 07:28:00 GMT', null], ['soon', null]])('with the Retry-After %j is to be retried after %j seconds', (header, seconds) => {
    expect(toFailure(DATA, 429, header).retryAfter).toBe(seconds)
  })
})

describe('what was found', () => {
  it('comes with the error, in whichever form that is sent', () => {
    expect(toFailure({ data: { ...DATA, finding: FINDING } }, 502)).toEqual({ ...READ, finding: FINDING })
    expect(toFailure({ ...DATA, finding: FINDING }, 502).finding).toEqual(FINDING)
  })

  it.each(Object.keys(FINDING_CAUSES))('may be %s', cause => expect(isFinding({ ...FINDING, cause })).toBe(true))

  it.each([
    ['a cause of a later version', { ...FINDING, cause: 'no_such_cause' }], ['a name that every object has', { ...FINDING, cause: 'toString' }],
    ['no cause', { ...FINDING, cause: undefined }], ['a code that is no text', { ...FINDING, code: 7 }], ['no reference', { ...FINDING, reference: null }],
    ['no stage', { ...FINDING, stage: undefined }], ['no time', { ...FINDING, at: 0 }], ['no facts', { ...FINDING, facts: undefined }],
    ['a list of facts', { ...FINDING, facts: [] }], ['a fact that nobody can read', { ...FINDING, facts: { host: { name: 'h' } } }],
    ['a fact that is a yes', { ...FINDING, facts: { host: true } }], ['text', 'refused'], ['null', null],
  ])('with %s counts as nothing', (_what, finding) => {
    expect(isFinding(finding)).toBe(false)
    expect(toFailure({ data: { ...DATA, finding } }, 502)).toEqual(READ)
  })
})

describe('a request id', () => {
  it.each(['a', 'A-1_b.c', 'x'.repeat(64)])('is %s', id => expect(requestIdOf({ requestId: id })).toBe(id))

  it.each(['', 'x'.repeat(65), 'a b', '<b>', 'a\n', 7, null, undefined])('is not %j', id => expect(requestIdOf({ requestId: id })).toBeNull())

  it.each([undefined, null, 'a', ['a']])('is nowhere in %j', data => expect(requestIdOf(data)).toBeNull())
})

it('without any answer there is neither a reference nor a request id to show', () => {
  expect(UNREACHABLE).toMatchObject({ code: 'UNREACHABLE', reference: null, requestId: null, status: 0, finding: null, retryAfter: null })
})

it.each([[{}, true], [{ a: 1 }, true], [[], false], [null, false], ['a', false], [undefined, false]])('%j is a record: %j', (value, expected) => {
  expect(isRecord(value)).toBe(expected)
})

it.each([[0, true], [408, true], [500, true], [520, true], [401, false], [403, false], [405, false], [413, false], [429, false]])(
  'a request that was answered with %i by whoever is in between may have been carried out: %j', (status, expected) => {
    expect(mayBeDone({ ...UNREACHABLE, status })).toBe(expected)
    expect(mayBeDone({ ...UNREACHABLE, status, code: 'INTERNAL' })).toBe(false)
  })
