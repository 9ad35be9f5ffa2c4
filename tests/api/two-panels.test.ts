import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import { Agent, request } from 'undici'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Product } from '../support/product-process.ts'
import { freePort } from '../support/free-port.ts'
import { ADMIN } from '../support/product-process.ts'
import { passOn, started, startTlsFront } from '../support/network/routes.ts'
import type { CookieJar } from '../support/cookie-jar.ts'
import { createCookieJar } from '../support/cookie-jar.ts'
import { signInSoon, startOwnProduct } from '../support/stand.ts'

/* One browser, one host name: two panels on two ports, and one panel by http and by https. */

/** No license server is asked for anything here. */
const NOWHERE = 'http://127.0.0.1:9'

/** A browser that goes to any of the addresses with one jar of cookies. */
function createBrowser(caFile?: string, jar: CookieJar = createCookieJar()) {
  const dispatcher = new Agent(caFile ? { connect: { ca: readFileSync(caFile) } } : {})
  onTestFinished(() => dispatcher.close())
  async function ask(method: 'GET' | 'POST', url: string, body?: unknown) {
    const answer = await request(url, {
      method, dispatcher,
      headers: { 'content-type': 'application/json', 'origin': new URL(url).origin, 'cookie': jar.header(url) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    jar.accept(url, [answer.headers['set-cookie'] ?? []].flat())
    return { status: answer.statusCode, text: await answer.body.text() }
  }
  return {
    jar,
    signIn: async (site: string) => (await ask('POST', `${site}/api/auth/login`, ADMIN)).status,
    signOut: async (site: string) => (await ask('POST', `${site}/api/auth/logout`, {})).status,
    session: async (site: string) => (await ask('GET', `${site}/api/auth/session`)).status,
    /** 200 for a page, 302 to the sign-in. */
    page: async (site: string) => (await ask('GET', `${site}/admin/license`)).status,
  }
}

/** Names of the session cookies alone: language and colours are shared, and no harm in it. */
const sessionsOf = ({ jar }: { jar: CookieJar }) => jar.names().filter(name => name.includes('nc_license_session'))

/** A product by http, and behind a proxy on the same host that ends TLS. */
async function startBothWays(): Promise<{ product: Product, http: string, https: string, caFile: string }> {
  const port = await freePort()
  const forward = passOn(`http://127.0.0.1:${port}`)
  const tellingScheme: RequestListener = (incoming, response) => {
    incoming.headers['x-forwarded-proto'] = 'https'
    forward(incoming, response)
  }
  const { url, caFile } = await startTlsFront(`http://127.0.0.1:${await started(createServer(tellingScheme))}`)
  const product = await startOwnProduct({ licenseServerUrl: NOWHERE, port, env: { NC_TRUST_PROXY: '127.0.0.1' } })
  await signInSoon(product)
  return { product, http: product.url, https: url, caFile }
}

describe('F93: two panels on one host', () => {
  it('each keeps its own session, and signing out of one leaves the other', async () => {
    const [one, two] = [await startOwnProduct({ licenseServerUrl: NOWHERE }), await startOwnProduct({ licenseServerUrl: NOWHERE })]
    for (const product of [one, two]) await signInSoon(product)
    const browser = createBrowser()
    expect([await browser.signIn(one.url), await browser.signIn(two.url)]).toEqual([200, 200])
    expect(sessionsOf(browser)).toHaveLength(2)
    expect([await browser.session(one.url), await browser.session(two.url)]).toEqual([200, 200])
    expect([await browser.page(one.url), await browser.page(two.url)]).toEqual([200, 200])
    expect(await browser.signOut(one.url)).toBe(204)
    expect([await browser.session(one.url), await browser.session(two.url)]).toEqual([401, 200])
  })
})

describe('F93: http after https', () => {
  it('a Secure cookie left over stands in nobody\'s way: both ways work, side by side', async () => {
    const { http, https, caFile } = await startBothWays()
    const browser = createBrowser(caFile)
    expect(await browser.signIn(https)).toBe(200)
    expect([await browser.session(https), await browser.page(https)]).toEqual([200, 200])
    expect(sessionsOf(browser)).toEqual([expect.stringMatching(/^__Host-nc_license_session_[\da-f]{8}$/)])
    expect([await browser.session(http), await browser.page(http)]).toEqual([401, 302])
    expect(await browser.signIn(http)).toBe(200)
    expect([await browser.session(http), await browser.page(http)]).toEqual([200, 200])
    expect([await browser.session(https), await browser.page(https)]).toEqual([200, 200])
  })

  it('signing out by https ends the session by http too, whose cookie came along', async () => {
    const { http, https, caFile } = await startBothWays()
    const browser = createBrowser(caFile)
    await browser.signIn(http)
    await browser.signIn(https)
    expect(await browser.signOut(https)).toBe(204)
    expect(sessionsOf(browser)).toEqual([])
    expect([await browser.session(http), await browser.session(https)]).toEqual([401, 401])
  })

  it.each(['http', 'https'] as const)('the cookie of an earlier version, Secure, is left over: by %s one signs in and out', async (scheme) => {
    const sites = await startBothWays()
    const jar = createCookieJar()
    jar.accept(sites.https, [`nc_license_session=${'A'.repeat(43)}; Path=/; HttpOnly; Secure; SameSite=Lax`])
    const browser = createBrowser(sites.caFile, jar)
    const site = sites[scheme]
    expect([await browser.session(site), await browser.signIn(site), await browser.session(site), await browser.page(site)]).toEqual([401, 200, 200, 200])
    expect([await browser.signOut(site), await browser.session(site), await browser.signIn(site)]).toEqual([204, 401, 200])
  })

  it('what somebody plants by http is no session by https', async () => {
    const { http, https, caFile } = await startBothWays()
    const browser = createBrowser(caFile)
    await browser.signIn(http)
    expect([await browser.session(http), await browser.session(https)]).toEqual([200, 401])
  })
})
