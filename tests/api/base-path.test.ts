import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import { Agent, request } from 'undici'
import { beforeAll, describe, expect, it } from 'vitest'
import { signIn } from '../support/api-client.ts'
import type { ApiClient } from '../support/api-client.ts'
import { freePort } from '../support/free-port.ts'
import { ADMIN, SERVICE_TOKEN } from '../support/product-process.ts'
import { startForeignApplication, startReverseProxy } from '../support/network/reverse-proxy.ts'
import type { ProxyProgram } from '../support/network/reverse-proxy.ts'
import { startOwnProduct, until, useStand } from '../support/stand.ts'

const BASE = '/license/'
const ORIGIN = 'https://nocodb.example.com'
const stand = useStand({ NC_PUBLIC_URL: ORIGIN + BASE })
const service = { authorization: `Bearer ${SERVICE_TOKEN}` }

/* As a reverse proxy that keeps the base path asks, one that strips it, and a client that names the whole address. */
const WAYS: [string, (path: string) => string][] = [
  ['with the base path', path => BASE.slice(0, -1) + path],
  ['without it', path => path],
  ['by the whole address', path => `http://panel.internal${BASE.slice(0, -1)}${path}`],
]

interface Raw { status: number, headers: IncomingHttpHeaders, text: string }

/** Sends the target as it stands, which fetch would change. */
async function ask(port: number, target: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Raw> {
  const sent = httpRequest({ host: '127.0.0.1', port, path: target, method, headers }).end()
  const [answer] = await once(sent, 'response')
  let text = ''
  for await (const chunk of answer) text += chunk
  return { status: answer.statusCode, headers: answer.headers, text }
}

/** Every address that a browser would follow, load or send a cookie to; without those of this page alone and of others. */
function addressesIn({ headers, text: html }: Raw): string[] {
  const text = html.replace(/ nonce="[^"]*"/g, '')
  const found = [
    ...[...text.matchAll(/\b(?:href|src|action)="([^"]+)"/g)].map(([, address = '']) => address),
    // In scripts and data: the module map, what is loaded after the first paint.
    ...[...text.matchAll(/"(\/[\w-][^"\s<>\\]*\/[^"\s<>\\]*|\/(?:login|setup|api|admin|metrics)[^"\s<>\\]*)"/g)].map(([, address = '']) => address),
    ...[...text.matchAll(/\bpath=([^;'"]+)/g)].map(([, path = '']) => path),
    ...(headers.location ? [headers.location] : []),
    ...(headers['set-cookie'] ?? []).map(cookie => /;\s*path=([^;]*)/i.exec(cookie)?.[1] ?? 'no path'),
  ]
  return found.filter(address => !/^(#|data:|mailto:|https:\/\/(docs\.)?nocodb\.com)/.test(address))
}

/** buildAssetsDir, which the browser joins to the base path. */
const isRelative = (address: string) => address === '/_nuxt/'

function expectInside(answer: Raw, least: number): void {
  const addresses = addressesIn(answer)
  expect(addresses.length).toBeGreaterThanOrEqual(least)
  expect(addresses.filter(address => !address.startsWith(BASE) && !isRelative(address))).toEqual([])
}

describe('F92: below a base path', () => {
  let cookie = ''
  beforeAll(() => {
    cookie = stand.admin.cookie
  })

  describe.each(WAYS)('asked %s', (_way, at) => {
    it.each([
      ['/login', 200, 8], ['/admin/license', 200, 12], ['/admin/activity', 200, 12], ['/admin/diagnostics', 200, 12],
      ['/admin/access', 200, 12], ['/no/such/page', 404, 8],
    ])('%s answers %i, and every address in it lies below', async (path, status, least) => {
      const answer = await ask(stand.product.port, at(path), { cookie: path === '/login' ? '' : cookie, accept: 'text/html' })
      expect(answer.status).toBe(status)
      expectInside(answer, least)
    })

    it.each(['/', '/admin', '/admin/', '/admin/license', '/admin/access?x=1'])('%s leads a visitor to sign in, below', async (path) => {
      const answer = await ask(stand.product.port, at(path), { accept: 'text/html' })
      expect(answer.status).toBe(302)
      expect(answer.headers.location).toMatch(/^\/license\/login\?next=\//)
      expectInside(answer, 1)
    })

    it('/setup leads to sign in, below, once there is an administrator', async () => {
      const answer = await ask(stand.product.port, at('/setup'), { accept: 'text/html' })
      expect([answer.status, answer.headers.location]).toEqual([302, '/license/login?setup=done'])
      expectInside(answer, 1)
    })

    it('a person who is signed in is led from /, /admin and the sign-in page to the License page', async () => {
      for (const path of ['/', '/admin', '/login', '/login?next=//evil.example']) {
        const answer = await ask(stand.product.port, at(path), { cookie, accept: 'text/html' })
        expect([path, answer.status, answer.headers.location]).toEqual([path, 302, '/license/admin/license'])
      }
    })

    it('services, health checks and metrics are answered', async () => {
      const statuses = await Promise.all([
        ask(stand.product.port, at('/api/health/live')), ask(stand.product.port, at('/api/health/ready')),
        ask(stand.product.port, at('/api/features/sso'), service), ask(stand.product.port, at('/api/entitlements'), service),
        ask(stand.product.port, at('/metrics'), service), ask(stand.product.port, at('/api/nothing')), ask(stand.product.port, at('/api/auth/login')),
      ])
      expect(statuses.map(({ status }) => status)).toEqual([200, 200, 402, 200, 200, 404, 405])
    })

    it('the OpenAPI document says where its paths are', async () => {
      const { text } = await ask(stand.product.port, at('/api/openapi.json'))
      expect(JSON.parse(text).servers).toMatchObject([{ url: '/license' }])
    })

    it('assets are there, hashed ones for a year', async () => {
      const page = await ask(stand.product.port, at('/login'))
      const assets = new Set([...page.text.matchAll(/"\/license(\/_nuxt\/[\w.-]+\.(?:js|css|woff2|svg))"/g)].map(([, path = '']) => path))
      expect(assets.size).toBeGreaterThan(4)
      for (const [, font = ''] of page.text.matchAll(/url\(["']?([^"')]+)/g)) assets.add(font.replace(/^\/license(?=\/)/, ''))
      expect([...assets].filter(path => path.endsWith('.woff2')).length).toBeGreaterThan(2)
      for (const path of assets) {
        const answer = await ask(stand.product.port, at(path))
        expect([path, answer.status, answer.headers['cache-control']]).toEqual([path, 200, 'public, max-age=31536000, immutable'])
        const inside = path.endsWith('.css') ? [...answer.text.matchAll(/url\(["']?([^"')]+)/g)].map(([, address]) => address) : []
        expect(inside.filter(address => !/^(\.\/|data:|#)/.test(address ?? ''))).toEqual([])
      }
    })
  })

  it('what is checked by its digest at the root is so here', async () => {
    const root = await startOwnProduct({ licenseServerUrl: stand.licenseServer.url })
    const digests = async (port: number) => [...(await ask(port, '/login')).text.matchAll(/sha384-[\w+/=]+/g)].map(([digest]) => digest).toSorted()
    expect((await digests(root.port)).length).toBeGreaterThan(4)
    expect(await digests(stand.product.port)).toEqual(await digests(root.port))
  })

  it('the page that waits for the database is shown below, and leads nowhere else', async () => {
    const product = await startOwnProduct({
      licenseServerUrl: stand.licenseServer.url, untilReady: false,
      env: { NC_PUBLIC_URL: ORIGIN + BASE, DATABASE_URL: `postgres://license:license@127.0.0.1:${await freePort()}/license` },
    })
    for (const [, at] of WAYS) {
      const answer = await ask(product.port, at('/admin/license'), { accept: 'text/html', cookie })
      expect(answer.status).toBe(503)
      expect(answer.headers['content-type']).toMatch(/^text\/html/)
      expectInside(answer, 0)
    }
    expect(product.output()).not.toContain('request error')
  })

  it('the set-up link and the support bundle name the whole address', async () => {
    const product = await startOwnProduct({
      licenseServerUrl: stand.licenseServer.url, env: { NC_PUBLIC_URL: `${ORIGIN}/license`, NC_ADMIN_EMAIL: '', NC_ADMIN_PASSWORD: '' },
    })
    await until('the set-up link', () => product.output().includes(`${ORIGIN}/license/setup#token=`))
    const bundle = await stand.admin.request('GET', '/api/license/support-bundle')
    expect(bundle.text).toContain(`${ORIGIN}${BASE}`)
  })
})

describe.each<[ProxyProgram, boolean]>([['nginx', false], ['nginx', true], ['caddy', false], ['caddy', true]])('F92: behind %s (base path stripped: %s)', (program, strips) => {
  it('a script signs in, saves with progress, and downloads the bundle; the application at the root sees nothing of it', async () => {
    const [foreign, port, panelPort] = [await startForeignApplication(), await freePort(), await freePort()]
    const proxy = await startReverseProxy({ program, port, panelPort, foreignUrl: foreign.url, basePath: BASE, strips })
    try {
      await startOwnProduct({ licenseServerUrl: stand.licenseServer.url, port: panelPort, env: { NC_PUBLIC_URL: `http://127.0.0.1:${port}${BASE}` } })
      const client = await signIn(proxy.url)
      const saved = await saveWithSteps(client)
      expect(saved).toMatch(/^event: \w+\n/)
      expect(saved).toContain('event: done\n')
      expect((await client.license()).state).toBe('active')
      const bundle = await client.request('GET', '/api/license/support-bundle')
      expect(bundle.headers.get('content-disposition')).toContain('attachment')
      expect((await client.request('GET', '/api/openapi.json')).body).toMatchObject({ servers: [{ url: '/license' }] })
      expect(foreign.requests).toEqual([])
    }
    finally {
      await proxy.stop()
      await foreign.stop()
    }
  })
})

async function saveWithSteps(client: ApiClient): Promise<string> {
  const { status, text } = await client.request('PUT', '/api/license', { credential: 'nc_demo_standard' }, { accept: 'text/event-stream' })
  expect(status).toBe(200)
  return text
}

it('F92: a proxy that says which path it strips is told of once, and believed in nothing', async () => {
  const product = await startOwnProduct({ licenseServerUrl: stand.licenseServer.url })
  for (const prefix of ['/license', '/evil']) {
    const { headers } = await ask(product.port, '/admin', { 'x-forwarded-prefix': prefix, 'accept': 'text/html' })
    expect(headers.location).toMatch(/^\/login\?/)
  }
  expect(product.output().match(/X-Forwarded-Prefix/g)).toHaveLength(1)
  expect(product.output()).not.toContain('/evil')
  expect(stand.product.output()).not.toContain('X-Forwarded-Prefix')
})

it('F92: behind nginx that keeps back what the panel streams, a save ends in the truth', async () => {
  const [foreign, port, panelPort] = [await startForeignApplication(), await freePort(), await freePort()]
  const proxy = await startReverseProxy({
    program: 'nginx', port, panelPort, foreignUrl: foreign.url, basePath: BASE, strips: true,
    location: ['proxy_buffering on;', 'proxy_ignore_headers X-Accel-Buffering;', 'proxy_http_version 1.0;'],
  })
  try {
    await startOwnProduct({ licenseServerUrl: stand.licenseServer.url, port: panelPort, env: { NC_PUBLIC_URL: proxy.url } })
    const client = await signIn(proxy.url)
    expect(await saveWithSteps(client)).toContain('event: done\n')
    expect((await client.license()).state).toBe('active')
  }
  finally {
    await proxy.stop()
    await foreign.stop()
  }
})

/* Without the lines that most guides copy: the host is rewritten, nobody says who asks and that TLS ended. */
describe('F92: behind nginx that ends TLS and passes no header on', () => {
  it.each([
    ['with NC_PUBLIC_URL everything works', true],
    ['without it, a write from a browser is refused with both addresses, for the sentence that names the setting', false],
  ])('%s', async (_title, isSet) => {
    const [foreign, port, panelPort] = [await startForeignApplication(), await freePort(), await freePort()]
    const proxy = await startReverseProxy({
      program: 'nginx', port, panelPort, foreignUrl: foreign.url, basePath: BASE, strips: true, tls: true, location: [],
    })
    try {
      await startOwnProduct({ licenseServerUrl: stand.licenseServer.url, port: panelPort, env: isSet ? { NC_PUBLIC_URL: proxy.url } : {} })
      const { status, cookie, body } = await signInFrom(proxy.url)
      if (isSet) {
        expect(status).toBe(200)
        expect(cookie).toMatch(/; Path=\/license\/;.*; Secure/i)
      }
      else {
        expect(status).toBe(403)
        expect(body).toMatchObject({ data: { code: 'CROSS_SITE', details: { expected: `http://127.0.0.1:${panelPort}`, found: `https://127.0.0.1:${port}` } } })
      }
      expect(foreign.requests).toEqual([])
    }
    finally {
      await proxy.stop()
      await foreign.stop()
    }
  })
})

/** As a browser's form does, which does not know the certificate's authority. */
async function signInFrom(url: string): Promise<{ status: number, cookie: string, body: unknown }> {
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } })
  try {
    const answer = await request(`${url}/api/auth/login`, {
      method: 'POST', dispatcher, headers: { 'content-type': 'application/json', 'origin': new URL(url).origin }, body: JSON.stringify(ADMIN),
    })
    return { status: answer.statusCode, cookie: [answer.headers['set-cookie'] ?? []].flat().join('\n'), body: await answer.body.json() }
  }
  finally {
    await dispatcher.close()
  }
}
