import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Answer } from '../../../server/license-server/exchange.ts'
import { PROTOCOL } from '../../../server/license-server/protocol.ts'
import { readAnswer } from '../../../server/license-server/read-answer.ts'
import type { FindingFacts } from '../../../shared/findings.ts'
import { textOf } from '../../../shared/findings.ts'

/* What is told of an answer besides what it is: never more than a glance at other people's text. */

const ADDRESS = 'https://license.example:8443/api/v1/ping'
const COMMON = { host: 'license.example', url: ADDRESS }
const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' }

interface Given { text?: string, headers?: Answer['headers'], complete?: boolean, url?: string, configured?: boolean }

function failureOf(status: number, { text = '', headers = JSON_TYPE, complete = true, url = ADDRESS, configured = false }: Given = {}) {
  const outcome = readAnswer(PROTOCOL.ping.response, { url: new URL(url), configured, status, headers, text, complete })
  if (outcome.ok) throw new Error('a good answer')
  return outcome
}
const factsOf = (status: number, given: Given = {}): FindingFacts => failureOf(status, given).seen.facts
const ours = (code: string) => JSON.stringify({ error: { code, message: 'not told' } })

describe('every answer that is none', () => {
  it('and comes from no license server tells whether the operator has set the address', () => {
    expect([true, false].map(configured => textOf(failureOf(404, { configured }).seen))).toEqual(['not_a_license_server_configured', 'not_a_license_server'])
  })

  it('is told with where it was asked for, its status, its type and who says to have sent it', () => {
    expect(factsOf(404, { headers: { ...JSON_TYPE, server: 'nginx/1.24.0 (Ubuntu)', via: '1.1 squid' } })).toEqual({
      ...COMMON, status: 404, contentType: 'application/json', server: 'nginx/1.24.0 (Ubuntu)',
    })
    expect(factsOf(404, { headers: { via: '1.1 squid' } })).toEqual({ ...COMMON, status: 404, server: '1.1 squid' })
    expect(factsOf(404, { headers: { 'server': ['one', 'two'], 'content-type': [] } })).toEqual({ ...COMMON, status: 404, server: 'one' })
    expect(factsOf(404, { headers: {} })).toEqual({ ...COMMON, status: 404 })
  })

  it('is told so whatever it is', () => {
    const statuses = [200, 302, 400, 403, 407, 429, 500, 502, 511]
    for (const status of statuses) {
      for (const text of ['', '<html>', ours('revoked'), ours('internal'), ours('rate_limited')]) {
        const facts = factsOf(status, { text, headers: { ...JSON_TYPE, server: 'one' } })
        expect(facts).toMatchObject({ ...COMMON, status, contentType: 'application/json', server: 'one' })
      }
    }
  })

  it('is told without the query, user and password of an address', () => {
    const url = 'https://someone:secret@license.example:8443/api/v1/ping?token=secret#here'
    expect(factsOf(404, { url })).toMatchObject(COMMON)
    expect(factsOf(404, { url: 'http://[::1]:8080/' })).toMatchObject({ host: '::1', url: 'http://[::1]:8080' })
  })

  it('is told without what could pass for something else, and with no more than 120 characters of it', () => {
    const headers = { 'server': 'a\u202eb\u0000c', 'content-type': `${'x'.repeat(200)};q=1` }
    expect(factsOf(404, { headers })).toMatchObject({ server: 'a\\u{202e}b\\u{0}c', contentType: `${'x'.repeat(119)}…` })
    expect(factsOf(404, { headers: { via: 'v'.repeat(200) } }).server).toBe(`${'v'.repeat(119)}…`)
  })

  it('is an answer, and its status is the cause for the log', () => {
    expect(failureOf(404)).toMatchObject({ ok: false, answered: true, refusal: null, retryAfterMs: null, cause: 'HTTP 404' })
    expect(failureOf(200)).toMatchObject({ ok: false, answered: true, refusal: null, retryAfterMs: null })
  })

  it('is met at its own stage', () => {
    const stages = [200, 302, 400, 407, 429, 500, 502, 511].map(status => failureOf(status).seen.stage)
    expect(new Set(stages)).toEqual(new Set(['http']))
  })
})

describe('a refusal', () => {
  it('is told by its name, and never in its own words', () => {
    const facts = factsOf(403, { text: ours('revoked') })
    expect(facts).toMatchObject({ refusal: 'revoked', status: 403 })
    expect(JSON.stringify(facts)).not.toContain('not told')
  })
})

describe('a redirect', () => {
  it.each([
    ['https://portal.example/sign-in?token=secret#here', 'https://portal.example/sign-in'], ['/elsewhere?x=1', 'https://license.example:8443/elsewhere'],
    ['http://someone:secret@portal.example', 'http://portal.example'],
    [`https://portal.example/${'x'.repeat(200)}`, `https://portal.example/${'x'.repeat(96)}…`],
  ])('to %s is told as one to %s', (location, target) => {
    expect(failureOf(302, { headers: { location } }).seen).toMatchObject({ cause: 'redirect', facts: { ...COMMON, status: 302, target } })
  })

  it.each([{}, { location: 'https://' }])('to nowhere, as %j says, is told as that', (headers) => {
    const { seen } = failureOf(302, { headers })
    expect(seen).toEqual({ code: 'NET_CAPTIVE_PORTAL', cause: 'redirect', stage: 'http', facts: expect.objectContaining({ status: 302 }) })
    expect(seen.facts.target).toBeUndefined()
    expect(textOf(seen)).toBe('redirect_nowhere')
  })
})

describe('a page', () => {
  it.each([200, 404, 500, 511])('is told with its title, if it has one (%d)', (status) => {
    const { seen } = failureOf(status, { text: '<html><title>Airport &amp; Wi-Fi \u202e</title>', headers: { 'content-type': 'text/html' } })
    expect(seen).toMatchObject({ cause: 'web_page', facts: { ...COMMON, status, contentType: 'text/html', title: 'Airport & Wi-Fi \\u{202e}' } })
    expect(textOf(seen)).toBe('web_page_titled')
    const untitled = failureOf(status, { text: '<html>', headers: { 'content-type': 'text/html' } }).seen
    expect(untitled.facts.title).toBeUndefined()
    expect(textOf(untitled)).toBe('web_page')
  })
})

describe('a proxy in between that wants a login', () => {
  it.each([
    [{ via: '1.1 squid.example (squid/5.7)' }, '1.1 squid.example (squid/5.7)'], [{}, undefined], [{ via: '\u202ea' }, '\\u{202e}a'],
  ])('is told as %j says: %s', (headers, proxy) => {
    const { seen } = failureOf(407, { headers })
    expect(seen).toMatchObject({ code: 'NET_PROXY', cause: 'proxy_login', stage: 'http', facts: { host: 'license.example', status: 407 } })
    expect(seen.facts.proxy).toBe(proxy)
    expect(textOf(seen)).toBe('proxy_login_unknown')
  })
})

describe('an answer that is cut off', () => {
  it.each([['{"ok":', 6], ['{"ok":"üü', 11], ['  {', 3]])('%s is told with what has come of it: %i bytes', (text, bytes) => {
    expect(failureOf(200, { text }).seen).toMatchObject({ code: 'SERVER_RESPONSE_INVALID', cause: 'cut_answer', facts: { ...COMMON, status: 200, bytes } })
  })
})

describe('the time that somebody asks for', () => {
  const [DAY, NOW] = [86_400, '2026-03-01T12:00:00.000Z']

  it.each([
    ['120', '2026-03-01T12:02:00.000Z', 'rate_limited_until'], ['0', NOW, 'rate_limited_until'],
    [String(7 * DAY), '2026-03-08T12:00:00.000Z', 'rate_limited_until'],
    [String(7 * DAY + 1), undefined, 'rate_limited'], ['999999999', undefined, 'rate_limited'], ['-5', undefined, 'rate_limited'],
    ['', undefined, 'rate_limited'],
    ['Sun, 01 Mar 2026 10:01:30 GMT', '2026-03-01T12:01:30.000Z', 'rate_limited_until'],
  ])('"%s" is over at %s', (value, retryAt, text) => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.parse(NOW) })
    onTestFinished(() => void vi.useRealTimers())
    // A date counts from the date of the answer, whatever the clock here says.
    const headers = { ...JSON_TYPE, 'retry-after': value, 'date': 'Sun, 01 Mar 2026 10:00:00 GMT' }
    for (const given of [{ headers }, { headers, text: ours('rate_limited') }]) {
      const { seen } = failureOf(429, given)
      expect(seen).toMatchObject({ cause: 'rate_limited' })
      expect(seen.facts.retryAt).toBe(retryAt)
      expect(textOf(seen)).toBe(text)
    }
    expect(failureOf(503, { headers }).seen).toMatchObject({ cause: 'gateway' })
    expect(factsOf(503, { headers }).retryAt).toBe(retryAt)
  })

  it('is told to the scheduler with every failure that names it', () => {
    for (const [status, text] of [[429, ''], [503, ''], [500, ''], [404, ''], [403, ours('revoked')], [500, ours('internal')]] as const) {
      expect(failureOf(status, { text, headers: { ...JSON_TYPE, 'retry-after': '120' } }).retryAfterMs).toBe(120_000)
    }
  })
})
