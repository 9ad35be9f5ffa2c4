import { describe, expect, it } from 'vitest'
import { toFailure } from '../../../../app/api/failure.ts'

const data = { code: 'RATE_LIMITED', reference: 'NCL-313', requestId: 'f00d-1', details: { retryAfterSeconds: 7 }, fields: {} }

describe('what an error answer says', () => {
  it.each([
    ['as h3 sends it', { error: true, statusCode: 429, data }], ['as the last event of a stream', data],
  ])('is read from the body %s', (_where, body) => {
    expect(toFailure(body, 429)).toEqual({
      code: 'RATE_LIMITED', reference: 'NCL-313', requestId: 'f00d-1', status: 429, details: { retryAfterSeconds: 7 }, fields: {}, retryAfter: null,
    })
  })

  it.each([
    ['no header', null, null], ['seconds', '30', 30], ['none at all', '0', 0], ['a date', 'Thu, 01 Jan 2026 00:00:00 GMT', null],
  ])('tells how long to wait where Retry-After is %s', (_what, header, seconds) => {
    expect(toFailure({ data }, 429, header).retryAfter).toBe(seconds)
  })

  it.each([
    ['nothing', undefined], ['a page of a proxy', '<html>'], ['a list', [data]], ['a code that is none of ours', { data: { code: 'TEAPOT' } }],
  ])('is INTERNAL where it is %s', (_what, body) => {
    expect(toFailure(body, 502)).toEqual({
      code: 'INTERNAL', reference: 'NCL-314', requestId: null, status: 502, details: {}, fields: {}, retryAfter: null,
    })
  })

  it('keeps of the facts only what can be shown', () => {
    const odd = { ...data, requestId: '<b>', details: { at: 'now', count: 0, none: null, list: [1], nested: {} }, fields: { email: 'invalid', age: 3 } }
    expect(toFailure({ data: odd }, 400)).toMatchObject({ requestId: null, details: { at: 'now', count: 0, none: null }, fields: { email: 'invalid' } })
    expect(Object.keys(toFailure({ data: odd }, 400).details)).toEqual(['at', 'count', 'none'])
  })
})
