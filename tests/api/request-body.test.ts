import { describe, expect, it } from 'vitest'
import { createApiClient } from '../support/api-client.ts'
import { ADMIN } from '../support/product-process.ts'
import { rawExchange, sendUntilAnswered, statusesIn } from '../support/network/raw-socket.ts'
import { expectError, expectNoInternals } from '../support/expect-error.ts'
import { useStand } from '../support/stand.ts'

const stand = useStand()
const LIMIT = 16 * 1024

const exchange = async (parts: (string | Buffer)[]) => (await rawExchange(stand.product.port, parts)).text

function head(line: string, headers: Record<string, string>): string {
  const all = { host: `127.0.0.1:${stand.product.port}`, cookie: stand.admin.cookie, ...headers }
  return `${line} HTTP/1.1\r\n${Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
}

const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`
const statusOf = (answer: string) => statusesIn(answer)[0]
const json = { 'content-type': 'application/json' }

describe('F02: the size of a request', () => {
  it.each([['POST', '/api/auth/login'], ['PUT', '/api/license'], ['DELETE', '/api/license'], ['POST', '/api/users'], ['PATCH', '/api/users/x'], ['POST', '/api/license/preview']])(
    '%s %s reads no more than 16 KiB', async (method, path) => {
      expectError(await stand.admin.request(method, path, `{"a":"${'x'.repeat(LIMIT)}"}`), 'PAYLOAD_TOO_LARGE')
    })

  it('a body of exactly 16 KiB is read', async () => {
    const frame = JSON.stringify({ credential: '' }).length
    const answer = await stand.admin.request('POST', '/api/license/preview', { credential: 'x'.repeat(LIMIT - frame) })
    expectError(answer, 'CREDENTIAL_MALFORMED')
  })

  it('10 MB are answered 413', async () => {
    const answer = await exchange([
      head('PUT /api/license', { ...json, 'content-length': String(10 * 1024 * 1024) }), `{"credential":"${'x'.repeat(64 * 1024)}`,
    ])
    expect(statusOf(answer)).toBe(413)
    expect(answer).toContain('PAYLOAD_TOO_LARGE')
  })

  it('bytes are counted where no Content-Length announces them', async () => {
    const pieces = Array.from({ length: 40 }, () => chunk('x'.repeat(1024)))
    const answer = await exchange([head('PUT /api/license', { ...json, 'transfer-encoding': 'chunked' }), chunk('{"credential":"'), ...pieces, '0\r\n\r\n'])
    expect(statusOf(answer)).toBe(413)
  })

  it('a small chunked body is understood', async () => {
    const answer = await exchange([
      head('POST /api/license/preview', { ...json, 'transfer-encoding': 'chunked', 'connection': 'close' }),
      chunk('{"credential":'), chunk('"nc_demo_standard"}'), '0\r\n\r\n',
    ])
    expect(statusOf(answer)).toBe(200)
  })

  it('a header of 1 MB is answered 431 or its connection reset before that can be read, and the next request is served', async () => {
    const { status, ended } = await sendUntilAnswered(stand.product.port, head('GET /api/license', { 'x-long': 'x'.repeat(2 ** 20) }))
    expect([431, undefined]).toContain(status)
    expect(ended).toBe(true)
    expect((await stand.admin.request('GET', '/api/license')).status).toBe(200)
  })

  it('a key of 1 MB is answered 413 and sent to nobody', async () => {
    for (const prefix of ['nc_', 'nc_ag_']) expectError(await stand.admin.save(prefix + 'x'.repeat(2 ** 20)), 'PAYLOAD_TOO_LARGE')
    expect(await stand.licenseServer.control.requests()).toEqual([])
    expect(await stand.admin.license()).toMatchObject({ state: 'unlicensed', revision: 0 })
  })
})

describe('F04: what is not the expected JSON', () => {
  const oddities: [string, string][] = [
    ['an array', '{"credential":["nc_demo_standard"]}'], ['an object', '{"credential":{"key":"nc_demo_standard"}}'],
    ['a number', '{"credential":42}'], ['null', '{"credential":null}'], ['true', '{"credential":true}'], ['nothing', '{}'],
    ['__proto__', '{"__proto__":{"credential":"nc_demo_standard"}}'],
    ['constructor', '{"constructor":{"prototype":{"credential":"nc_demo_standard"}}}'],
    ['an array as body', '["nc_demo_standard"]'], ['a string as body', '"nc_demo_standard"'], ['null as body', 'null'],
    ['cut JSON', '{"credential":"nc_'], ['no JSON', 'credential=nc_demo_standard'], ['NaN', '{"credential":NaN}'],
    ['a revision that is text', '{"credential":"nc_demo_standard","revision":"0"}'],
    ['a revision that is a fraction', '{"credential":"nc_demo_standard","revision":0.5}'],
    ['20,000 levels', `{"credential":${'['.repeat(8000)}${']'.repeat(8000)}}`],
  ]

  it.each(oddities)('%s is refused, sends nothing and changes nothing', async (_what, body) => {
    for (const [method, path] of [['PUT', '/api/license'], ['POST', '/api/license/preview']] as const) {
      if (method === 'POST' && body.includes('revision')) continue
      const answer = await stand.admin.request(method, path, body)
      expectError(answer, 'VALIDATION')
      expect(answer.text).not.toContain('nc_demo_standard')
    }
    expect(await stand.licenseServer.control.requests()).toEqual([])
    expect((await stand.admin.license()).revision).toBe(0)
  })

  it('a body with nothing in it is still nothing after all of those', async () => {
    for (const [, body] of oddities) await stand.admin.request('PUT', '/api/license', body)
    for (const [method, path] of [['PUT', '/api/license'], ['POST', '/api/license/preview'], ['POST', '/api/auth/login']] as const) {
      for (const body of ['{}', '']) expectError(await stand.admin.request(method, path, body), 'VALIDATION')
    }
    expect(await stand.licenseServer.control.requests()).toEqual([])
  })

  it.each([
    ['a password that is an object', { email: ADMIN.email, password: { $ne: null } }],
    ['an e-mail that is an array', { email: [ADMIN.email], password: ADMIN.password }],
    ['a password of 2,000 characters', { email: ADMIN.email, password: 'x'.repeat(2000) }],
  ])('sign-in with %s is refused', async (_what, body) => {
    expectError(await createApiClient(stand.product.url).request('POST', '/api/auth/login', body), 'VALIDATION')
  })

  it('what was sent is not repeated in the answer', async () => {
    const answer = await stand.admin.request('POST', '/api/users', { email: 'canary-text', password: 'canary-short', role: 'canary-role' })
    expectError(answer, 'VALIDATION')
    expect(Object.keys(answer.error?.fields ?? {}).toSorted()).toEqual(['email', 'role'])
    expect(answer.text).not.toContain('canary')
    expectNoInternals(answer.text)
  })

  it.each(['/api/license/events?limit=0', '/api/license/events?limit=1e9', '/api/license/events?before=x', '/api/license/events?limit=1&limit=2', '/api/license/events?kind=', '/api/license/events?kind=theft', '/api/license/events?kind=removed&kind=activated', '/api/license/check-ins?days=-1'])(
    '%s is refused', async (path) => {
      expectError(await stand.admin.request('GET', path), 'VALIDATION')
    })
})

async function expectMalformed(credential: string): Promise<void> {
  expectError(await stand.admin.save(credential), 'CREDENTIAL_MALFORMED')
  expectError(await stand.admin.request('POST', '/api/license/preview', { credential }), 'CREDENTIAL_MALFORMED')
  expect(await stand.licenseServer.control.requests()).toEqual([])
  expect(await stand.admin.license()).toMatchObject({ state: 'unlicensed', revision: 0 })
}

describe('what people paste', () => {
  it.each(['', ' ', '   ', '\r\n\t', '\u00a0\u2003', '\u200b', '\u200b\ufeff', '\u2060 \u200d\n'])('F01: %j is nothing at all, and nothing is sent', expectMalformed)

  it.each(['NC_AG_demo_airgapped', 'Nc_demo_standard', 'nc_demo_\u0000standard', '\u202Enc_demo_standard', 'nc_demo_😀standard', 'nс_demo_standard', 'short', 'x'.repeat(257), 'a.b', 'a.b.c.d'])(
    'F03: %j is no credential, and nothing is sent', expectMalformed)

  it.each(['nc_demo_standard\n', ' nc_demo_standard\r\n', '\uFEFFnc_demo_standard', 'nc_\u200Bdemo_\u2060standard', 'nc_demo\u00AD_standard\u00A0'])(
    'F05: %j is the key without what cannot be seen', async (credential) => {
      const answer = await stand.admin.request<{ method: string }>('POST', '/api/license/preview', { credential })
      expect(answer.status, answer.text).toBe(200)
      expect(answer.body.method).toBe('standard')
    })

  it.each(['"nc_demo_standard"', '\'nc_demo_standard\'', '“nc_demo_standard”', 'nc_demo_standard=', 'nc_demo_=\r\nstandard', 'nc_demo _standard', 'nc_demo\u00A0_standard'])('F05: %j has more to it than white space around it, and nothing is sent', expectMalformed)
})
