import { describe, expect, it } from 'vitest'
import * as examples from '../../../shared/examples.ts'
import type { Answered, Asked } from '../../support/api-document.ts'
import { driftOf } from '../../support/api-document.ts'

/* What holds the answers in the API tests to the OpenAPI document: it must notice whatever differs. */

const COMMON = { 'content-type': 'application/json', 'x-request-id': '5f0c9a3b7d21e846', 'cache-control': 'no-store' }
const errorOf = (statusCode: number, code: string) =>
  JSON.stringify({ error: true, statusCode, statusMessage: code, message: code, data: { code, reference: 'NCL-300' } })

function judge(asked: Partial<Asked>, answered: Omit<Partial<Answered>, 'headers'> & { headers?: Record<string, string | undefined> } = {}): string[] {
  const headers = Object.entries({ ...COMMON, ...answered.headers }).flatMap(([name, value]) => value === undefined ? [] : [[name, value] as [string, string]])
  return driftOf(
    { method: 'GET', path: '/api/license', body: undefined, ...asked },
    { status: 200, text: JSON.stringify(examples.LICENSE), ...answered, headers: new Headers(headers) },
  )
}

const LIST = { path: '/api/features' }
const LISTED = JSON.stringify({ features: [examples.FEATURE] })
const STREAM = { method: 'PUT', body: { credential: 'nc_some_key' } }
const asStream = (...events: [string, unknown][]) => ({
  headers: { 'content-type': 'text/event-stream' }, text: events.map(([event, data]) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`).join(''),
})

describe('an answer that is as described', () => {
  it.each([
    ['with a body', judge({})],
    ['with a list', judge(LIST, { text: LISTED })],
    ['with an error', judge(LIST, { status: 401, text: errorOf(401, 'UNAUTHENTICATED'), headers: { 'www-authenticate': 'Bearer realm="license"' } })],
    ['to HEAD', judge({ method: 'HEAD' }, { text: '' })],
    ['without a body', judge({ method: 'PUT', path: '/api/usage', body: { seats: 1 } }, { status: 204, text: '', headers: { 'content-type': undefined } })],
    ['as a stream', judge(STREAM, asStream(['step', { step: 'checked' }], ['done', examples.LICENSE]))],
    ['to a method that the path lacks', judge({ method: 'PATCH' }, { status: 405, text: errorOf(405, 'HTTP_METHOD'), headers: { allow: 'GET, PUT, DELETE' } })],
    ['at a path that there is not', judge({ path: '/api/nothing' }, { status: 404, text: errorOf(404, 'NOT_FOUND') })],
    ['through a proxy', judge({}, { headers: { server: 'nginx', via: '1.1 proxy' } })],
    ['of a proxy', judge({}, { status: 502, text: '<html>', headers: { 'server': 'nginx', 'x-request-id': undefined, 'content-type': 'text/html' } })],
    ['of a page', judge({ path: '/login' }, { text: '<html>', headers: { 'content-type': 'text/html' } })],
  ])('passes %s', (_what, drift) => {
    expect(drift).toEqual([])
  })
})

describe('an answer that is not as described', () => {
  it.each([
    ['a status', judge({}, { status: 418, text: '' }), 'does not describe 418'],
    ['a missing member', judge({}, { text: '{}' }), 'must have required property'],
    ['a member too many', judge({}, { text: JSON.stringify({ ...examples.LICENSE, key: 'nc_x' }) }), 'additional properties'],
    ['a value', judge(LIST, { text: LISTED.replace('true', '"yes"') }), 'must be boolean'],
    ['a time', judge({}, { text: JSON.stringify({ ...examples.LICENSE, serverTime: 'yesterday' }) }), 'serverTime'],
    ['a code of another status', judge({}, { status: 503, text: errorOf(503, 'INTERNAL'), headers: { 'retry-after': '2' } }), 'data/code'],
    ['a header that is missing', judge({}, { headers: { 'x-request-id': undefined } }), 'x-request-id is missing'],
    ['a header that is needed by the status', judge({}, { status: 503, text: errorOf(503, 'STORAGE_UNAVAILABLE') }), 'retry-after is missing'],
    ['a header of no number', judge({}, { status: 503, text: errorOf(503, 'STORAGE_UNAVAILABLE'), headers: { 'retry-after': 'soon' } }), 'retry-after: soon'],
    ['a header that nobody knows', judge({}, { headers: { 'x-powered-by': 'us' } }), 'x-powered-by is not described'],
    ['a cache that keeps it', judge({}, { headers: { 'cache-control': 'public' } }), 'cache-control: public'],
    ['a content type', judge({}, { headers: { 'content-type': 'text/plain' } }), 'text/plain instead of application/json'],
    ['text that is no JSON', judge({}, { text: 'oops' }), 'must be object'],
    ['a body to HEAD', judge({ method: 'HEAD' }), 'a body in answer to HEAD'],
    ['a body where none is described', judge({ method: 'POST', path: '/api/auth/logout' }, { status: 204, text: '{}' }), 'a body that is not described'],
    ['an event', judge(STREAM, asStream(['step', { step: 'dreamt' }], ['done', examples.LICENSE])), 'must be equal to one of the allowed values'],
    ['a method', judge({ method: 'PATCH' }), '200 instead of 405'],
    ['a path', judge({ path: '/api/nothing' }), 'statusCode'],
    ['what may be asked', judge({ ...STREAM, body: { key: 'nc_some_key' } }), 'what was asked'],
  ])('fails by %s', (_what, drift, expected) => {
    expect(drift.join('\n')).toContain(expected)
  })
})
