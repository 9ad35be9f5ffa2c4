import { once } from 'node:events'
import { request } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import { describe, expect, it } from 'vitest'
import { startOwnProduct, useStand } from '../support/stand.ts'

const stand = useStand()

interface Raw { status: number, headers: IncomingHttpHeaders, text: string }

/** Sends the target as it stands, which fetch would change. */
async function ask(target: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Raw> {
  const sent = request({ host: '127.0.0.1', port: stand.product.port, path: target, method, headers }).end()
  const [answer] = await once(sent, 'response')
  let text = ''
  for await (const chunk of answer) text += chunk
  return { status: answer.statusCode, headers: answer.headers, text }
}

/* Where assets and parts of pages are, and what looks like it. */
const NO_PAGES = [
  '/_nuxt', '/_nuxt/', '/_nuxt?x', '/_nuxt//', '//_nuxt/', '//_nuxt//x.js', '/_nuxt/x', '/_nuxt/x.js', '/_nuxt/x.', '/_nuxt/.', '/_nuxt/..',
  '/_nuxt/../login', '/_nuxt/%2e%2e/login', '/_nuxt%2Fx.js', '/_nuxt%2f..%2flogin', '/_nuxt/a%2Fb', '/%5fnuxt/', '/%5Fnuxt/x.js', '/_NUXT/x.js', '/_Nuxt',
  '/_nuxt/builds/latest.json', '/_nuxt/builds/meta/x.json', '/_nuxt/%', '/_nuxt/%E0%A4%A', '/_nuxt/%00', '/_nuxt/__proto__', '/_nuxt/constructor',
  '/_payload.json', '/_payload.json?x', '/login/_payload.json', '/admin/license/_payload.json', '/__nuxt_error', '/__nuxt_error?status=200&message=x',
  '/__nuxt_island/Shell', '/__nuxt_island/Shell_1.json?props=%7B%7D', '/__nuxt', '/_fonts', '/_fonts/x.woff2', '/_ipx/x/y.png', '/_i18n', '/_i18n/', '/_i18n/x/en',
  '/__proto__', '/__proto__/x', '/.well-known/security.txt', '/.env', '/.git/config', '/..', '/.',
]

describe('F80: what is no page', () => {
  it.each(NO_PAGES.flatMap(target => ['text/html', '*/*'].map(accept => ({ target, accept }))))('$target ($accept) is 404, kept by nobody, and sets no cookie', async ({ target, accept }) => {
    const { status, headers, text } = await ask(target, { accept })
    expect(status).toBe(404)
    expect(headers['cache-control']).toBe('no-store')
    expect(headers['set-cookie']).toBeUndefined()
    expect(JSON.parse(text).data).toEqual({ code: 'NOT_FOUND', reference: 'NCL-306', requestId: headers['x-request-id'] })
  })

  it('an unknown page is 404 for a visitor, too', async () => {
    for (const target of ['/API/license', '/login%00', '/constructor', '/index.html', '/no/such/page']) {
      const { status, headers } = await ask(target, { accept: 'text/html' })
      expect([target, status, headers['cache-control']]).toEqual([target, 404, 'no-store'])
    }
  })

  it('a refusal of the framework is answered as one of ours, without an address or its words', async () => {
    const askers: Record<string, string>[] = [{ accept: 'application/json' }, { 'accept': 'text/html', 'x-forwarded-host': 'evil.example' }, { 'user-agent': 'curl/8' }]
    for (const headers of askers) {
      const { text } = await ask('/_nuxt/x.js', headers)
      expect(text).not.toMatch(/evil|127\.0\.0\.1|http|nuxt|nitro/i)
    }
  })
})

const KINDS: [string, Record<string, string>][] = [
  ['/login', {}], ['/setup', {}], ['/', {}], ['/admin', {}], ['/admin/license', {}], ['/no/such/page', {}], ['/favicon.ico', {}], ['/robots.txt', {}],
  ['/login', { cookie: 'nc-color-mode=dark' }], ['/api/health/live', {}], ['/api/license', {}], ['/api/nothing', {}], ['/metrics', {}], ['/_nuxt/', {}],
  ['/api/openapi.json', {}],
]

describe('F73: what sets a cookie', () => {
  it.each(KINDS)('%s with %o is not kept by anybody else', async (target, headers) => {
    for (const method of ['GET', 'HEAD', 'POST', 'OPTIONS']) {
      const answer = await ask(target, headers, method)
      if (answer.headers['set-cookie'] === undefined && answer.status < 300) continue
      expect([method, answer.status, answer.headers['cache-control']]).toEqual([method, answer.status, 'no-store'])
    }
  })

  it('an asset is kept for a year, by everybody, whoever asks', async () => {
    const asset = /"(\/_nuxt\/[\w.-]+\.js)"/.exec((await ask('/login')).text)?.[1] ?? ''
    const { etag = '' } = (await ask(asset)).headers
    const askers: Record<string, string>[] = [
      {}, { cookie: stand.admin.cookie }, { 'if-none-match': etag }, { 'accept-encoding': 'br' }, { 'accept-encoding': '__proto__, constructor' },
    ]
    for (const headers of askers) {
      const answer = await ask(asset, headers)
      expect(answer.status).toBe('if-none-match' in headers ? 304 : 200)
      expect(answer.headers['cache-control']).toBe('public, max-age=31536000, immutable')
      expect(answer.headers['set-cookie']).toBeUndefined()
      expect(answer.headers.vary ?? '').not.toMatch(/cookie|\*/i)
    }
  })
})

describe('F92: headers that browsers heed only where they trust the connection', () => {
  it.each([
    ['https://nocodb.example.com', true], ['http://localhost:3000', true], ['http://192.0.2.4:3000', false], ['http://panel.internal', false],
  ])('are sent on %s: %s', async (publicUrl, isSent) => {
    const product = await startOwnProduct({ licenseServerUrl: stand.licenseServer.url, env: { NC_PUBLIC_URL: publicUrl } })
    const { headers } = await fetch(`${product.url}/login`)
    expect(headers.get('cross-origin-opener-policy')).toBe(isSent ? 'same-origin' : null)
    expect(headers.get('origin-agent-cluster')).toBe(isSent ? '?1' : null)
  })
})
