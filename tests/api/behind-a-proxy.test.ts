import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import { Agent, request } from 'undici'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { EventView } from '../../shared/contracts.ts'
import { createApiClient } from '../support/api-client.ts'
import type { Product } from '../support/product-process.ts'
import { freePort } from '../support/free-port.ts'
import { ADMIN } from '../support/product-process.ts'
import { passOn, started, startTlsFront } from '../support/network/routes.ts'
import { SESSION_COOKIE } from '../support/cookie-name.ts'
import { signInSoon, startOwnLicenseServer, startOwnProduct, until } from '../support/stand.ts'

/* What people do with every product of this kind: TLS ends at a proxy on the same host. */

const CLIENT = '203.0.113.9'
const forwarded = { 'x-forwarded-for': CLIENT }
const wrongPassword = { ...ADMIN, password: 'not the password' }

/** Says who asked and by which scheme, whatever the client says of itself. */
function tellingWhoAsked(target: string): RequestListener {
  const forward = passOn(target)
  return (incoming, response) => {
    Object.assign(incoming.headers, { ...forwarded, 'x-forwarded-proto': 'https' })
    forward(incoming, response)
  }
}

interface Site {
  url: string
  product: Product
  /** As a browser on the page asks: with the origin it is on, and what else the headers say. */
  ask(method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown, headers?: Record<string, string>): Promise<{ status: number, cookie: string, code: unknown, body: unknown }>
}

/** Starts a product behind a proxy that ends TLS; the environment is made of the address people reach it under. */
async function startSite(envOf: (url: string) => Record<string, string>): Promise<Site> {
  const [licenseServer, port] = [await startOwnLicenseServer(), await freePort()]
  const inner = `http://127.0.0.1:${await started(createServer(tellingWhoAsked(`http://127.0.0.1:${port}`)))}`
  const { url, caFile } = await startTlsFront(inner)
  const product = await startOwnProduct({ licenseServerUrl: licenseServer.url, port, env: envOf(url) })
  await signInSoon(product)
  const dispatcher = new Agent({ connect: { ca: readFileSync(caFile) } })
  onTestFinished(() => dispatcher.close())
  return {
    url, product,
    async ask(method, path, body, headers = {}) {
      const answer = await request(url + path, {
        method, dispatcher, headers: { 'content-type': 'application/json', 'origin': url, ...headers }, ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const parsed: unknown = JSON.parse(await answer.body.text())
      const cookies = [answer.headers['set-cookie'] ?? []].flat().filter(each => SESSION_COOKIE.test(each))
      return { status: answer.statusCode, cookie: cookies[0] ?? '', code: Object(Object(parsed).data).code, body: parsed }
    },
  }
}

/** Signs in with a wrong password; returns the address that the log names. */
async function addressOfRefusal({ output }: Product, signIn: () => Promise<{ status: number }>): Promise<unknown> {
  const from = output().length
  expect((await signIn()).status).toBe(401)
  const lines = () => output().slice(from).split('\n').slice(0, -1).filter(line => line.includes('"sign-in refused"'))
  await until('the refused sign-in is in the log', () => lines().length > 0)
  expect(lines()).toHaveLength(1)
  return JSON.parse(lines().join('')).address
}

function addressOfActivation(events: unknown): unknown {
  const found: EventView[] = Object(events).events
  return found.find(({ kind }) => kind === 'activated')?.address
}

describe('behind a proxy that ends TLS', () => {
  const TRUST = { NC_TRUST_PROXY: '127.0.0.1' }

  it.each<[string, (url: string) => Record<string, string>, string]>([
    ['NC_TRUST_PROXY', () => TRUST, CLIENT],
    ['NC_PUBLIC_URL', url => ({ NC_PUBLIC_URL: url }), '127.0.0.1'],
    ['both', url => ({ ...TRUST, NC_PUBLIC_URL: url }), CLIENT],
  ])('F78: with %s the cookie is Secure, the site\'s own origin alone may write, and log and activity name the right address', async (_what, envOf, address) => {
    const { url, ask, product } = await startSite(envOf)
    expect(await addressOfRefusal(product, () => ask('POST', '/api/auth/login', wrongPassword))).toBe(address)
    for (const origin of [url.replace('https:', 'http:'), 'https://evil.example', `${url}0`]) {
      expect(await ask('POST', '/api/auth/login', ADMIN, { origin })).toMatchObject({ status: 403, code: 'CROSS_SITE' })
    }
    const { status, cookie } = await ask('POST', '/api/auth/login', ADMIN)
    expect(status).toBe(200)
    expect(cookie).toMatch(/;\s*Secure/i)
    const session = { cookie: cookie.split(';')[0] ?? '' }
    expect(await ask('PUT', '/api/license', { credential: 'nc_demo_standard' }, session)).toMatchObject({ status: 200, body: { state: 'active' } })
    expect(addressOfActivation((await ask('GET', '/api/license/events', undefined, session)).body)).toBe(address)
  })

  it('F78: with neither, nothing that the proxy says counts: by the browser\'s word the site works, its cookie is not Secure, and everybody has the proxy\'s address', async () => {
    const { ask, product } = await startSite(() => ({}))
    expect(await ask('POST', '/api/auth/login', ADMIN)).toMatchObject({ status: 403, code: 'CROSS_SITE' })
    const browser = { 'sec-fetch-site': 'same-origin' }
    expect(await addressOfRefusal(product, () => ask('POST', '/api/auth/login', wrongPassword, browser))).toBe('127.0.0.1')
    const { status, cookie } = await ask('POST', '/api/auth/login', ADMIN, browser)
    expect(status).toBe(200)
    expect(cookie).not.toMatch(/Secure/i)
    const session = { ...browser, cookie: cookie.split(';')[0] ?? '' }
    expect(await ask('PUT', '/api/license', { credential: 'nc_demo_standard' }, session)).toMatchObject({ status: 200 })
    expect(addressOfActivation((await ask('GET', '/api/license/events', undefined, session)).body)).toBe('127.0.0.1')
  })
})

describe('an X-Forwarded-For', () => {
  it.each<[string, Record<string, string>, string]>([
    ['from a proxy in NC_TRUST_PROXY is', { NC_TRUST_PROXY: '127.0.0.1' }, CLIENT],
    ['from one of another network in NC_TRUST_PROXY is not', { NC_TRUST_PROXY: '10.0.0.0/8' }, '127.0.0.1'],
    ['without NC_TRUST_PROXY is not', {}, '127.0.0.1'],
  ])('F78: %s what log and activity name', async (_what, env, address) => {
    const { url: licenseServerUrl } = await startOwnLicenseServer()
    const product = await startOwnProduct({ licenseServerUrl, env })
    const admin = await signInSoon(product)
    const guess = () => createApiClient(product.url).request('POST', '/api/auth/login', wrongPassword, forwarded)
    expect(await addressOfRefusal(product, guess)).toBe(address)
    expect((await admin.request('PUT', '/api/license', { credential: 'nc_demo_standard' }, forwarded)).status).toBe(200)
    expect(addressOfActivation((await admin.request('GET', '/api/license/events')).body)).toBe(address)
  })
})
