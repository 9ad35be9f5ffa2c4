import { createServer } from 'node:http'
import { describe, expect, it } from 'vitest'
import type { DiagnosticStage } from '../../shared/contracts.ts'
import type { ErrorCode } from '../../shared/errors.ts'
import { ERRORS } from '../../shared/errors.ts'
import type { FindingCause, FindingStage } from '../../shared/findings.ts'
import type { ApiClient } from '../support/api-client.ts'
import { freePort } from '../support/free-port.ts'
import type { CertificateKind } from '../support/network/certificates.ts'
import { started, startProxy, startTlsFront } from '../support/network/routes.ts'
import { expectError, expectNoInternals } from '../support/expect-error.ts'
import { expectFailedCheckIn, expectFailedSave } from '../support/kept-installation.ts'
import { signInSoon, startOwnLicenseServer, startOwnProduct } from '../support/stand.ts'

async function startThrough(licenseServerUrl: string, env: Record<string, string> = {}): Promise<ApiClient> {
  return signInSoon(await startOwnProduct({ licenseServerUrl, env }))
}

interface Found { code: ErrorCode, cause: FindingCause, stage: FindingStage, facts: object }

/** A save has to fail with what was found, and diagnostics with the same. Resolves to their failed stage. */
async function expectFound(client: ApiClient, { code, cause, stage, facts }: Found): Promise<DiagnosticStage | undefined> {
  const finding = { code, reference: ERRORS[code].reference, cause, stage, facts }
  const answer = await client.save('nc_demo_standard')
  expectError(answer, code)
  expect(answer.error?.finding).toMatchObject(finding)
  expect((await client.license()).state).toBe('unlicensed')
  const failed = await failedStage(client)
  expect(failed).toMatchObject({ stage, code, remedy: expect.stringMatching(/\w/), finding })
  return failed
}

async function failedStage(client: ApiClient): Promise<DiagnosticStage | undefined> {
  const { status, body } = await client.request<{ stages: DiagnosticStage[] }>('POST', '/api/license/diagnostics', {})
  expect(status).toBe(200)
  return body.stages.find(({ result }) => result === 'failed')
}

async function expectActivates(client: ApiClient): Promise<void> {
  const { status, text } = await client.save('nc_demo_standard')
  expect(status, text).toBe(200)
  const { status: checkedIn } = await client.checkIn()
  expect(checkedIn).toBe(200)
  expect(await failedStage(client)).toBeUndefined()
}

describe('F32 TLS', () => {
  it('a certificate that nobody vouches for is NET_TLS, and diagnostics name its issuer', async () => {
    const { control, url } = await startOwnLicenseServer()
    const front = await startTlsFront(url, 'intercepted')
    const client = await startThrough(front.url)
    const failed = await expectFound(client, {
      code: 'NET_TLS', cause: 'certificate_unknown_issuer', stage: 'tls', facts: { host: '127.0.0.1', issuer: 'Interception Inc' },
    })
    expectNoInternals(JSON.stringify(failed?.remedy))
    expect(await control.requests()).toEqual([])
  })

  it('one that NODE_EXTRA_CA_CERTS vouches for works', async () => {
    const front = await startTlsFront((await startOwnLicenseServer()).url)
    await expectActivates(await startThrough(front.url, { NODE_EXTRA_CA_CERTS: front.caFile }))
  })

  it('a plain server behind an https address is NET_TLS', async () => {
    const { port } = await startOwnLicenseServer()
    const client = await startThrough(`https://127.0.0.1:${port}`)
    await expectFound(client, { code: 'NET_TLS', cause: 'not_tls', stage: 'tls', facts: { host: '127.0.0.1', port } })
  })

  it.each<[CertificateKind, FindingCause, object]>([
    ['expired', 'certificate_expired', { subject: 'localhost', validTo: expect.stringMatching(/Z$/), clock: expect.stringMatching(/Z$/) }],
    ['wrong-name', 'certificate_other_name', { names: 'app.example.com' }], ['self-signed', 'certificate_self_signed', { subject: 'localhost' }],
  ])('a certificate that is %s is told as %s', async (kind, cause, facts) => {
    const { control, url } = await startOwnLicenseServer()
    const front = await startTlsFront(url, kind)
    const client = await startThrough(front.url, { NODE_EXTRA_CA_CERTS: front.caFile })
    await expectFound(client, { code: 'NET_TLS', cause, stage: 'tls', facts: { host: '127.0.0.1', ...facts } })
    expect(await control.requests()).toEqual([])
  })
})

describe('F34 a redirect from https to http', () => {
  it('is not followed, whatever its status, and nothing is sent on', async () => {
    const { control, url } = await startOwnLicenseServer()
    const front = await startTlsFront(url)
    const client = await startThrough(front.url, { NODE_EXTRA_CA_CERTS: front.caFile })
    expect((await client.save('nc_demo_standard')).status).toBe(200)
    expect((await client.checkIn()).status).toBe(200)
    const reached: (string | undefined)[] = []
    const port = await started(createServer((request, response) => {
      reached.push(request.url)
      response.end('{}')
    }).on('connection', () => reached.push('a connection')))
    for (const status of [301, 302, 303, 307, 308]) {
      const fault = { type: 'redirect', status, location: `http://localhost:${port}/api/v1/licenses/activate` } as const
      await control.addFault({ call: 'activate', times: 1, fault })
      await expectFailedSave(client, 'NET_CAPTIVE_PORTAL')
      await control.addFault({ call: 'checkIn', times: 1, fault })
      expect(await expectFailedCheckIn(client, 'NET_CAPTIVE_PORTAL')).toBe(1)
    }
    expect(await control.faults()).toEqual([])
    expect(reached).toEqual([])
    // Whoever followed would have been seen.
    await (await fetch(`http://localhost:${port}/seen`)).text()
    expect(reached).toEqual(['a connection', '/seen'])
  })
})

describe('F33 a proxy', () => {
  it('carries the calls of an http address', async () => {
    const [licenseServer, proxy] = [await startOwnLicenseServer(), await startProxy()]
    await expectActivates(await startThrough(licenseServer.url, { HTTP_PROXY: proxy.url }))
    expect(new Set(proxy.requests)).toEqual(new Set([`CONNECT 127.0.0.1:${licenseServer.port}`]))
  })

  it('carries the calls of an https address, which it cannot read', async () => {
    const [licenseServer, proxy] = [await startOwnLicenseServer(), await startProxy()]
    const front = await startTlsFront(licenseServer.url)
    await expectActivates(await startThrough(front.url, { HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: front.caFile }))
    expect(new Set(proxy.requests)).toEqual(new Set([`CONNECT ${new URL(front.url).host}`]))
  })

  it.each(['http', 'https'])('that cannot be reached is NET_PROXY for an %s address', async (scheme) => {
    const licenseServer = await startOwnLicenseServer()
    const url = scheme === 'https' ? (await startTlsFront(licenseServer.url)).url : licenseServer.url
    const proxy = `http://127.0.0.1:${await freePort()}`
    const client = await startThrough(url, { HTTP_PROXY: proxy, HTTPS_PROXY: proxy })
    await expectFound(client, { code: 'NET_PROXY', cause: 'proxy_refused', stage: 'proxy', facts: { proxy } })
    expect(await licenseServer.control.requests()).toEqual([])
  })

  it.each(['http', 'https'])('that wants a password (407) is NET_PROXY for an %s address', async (scheme) => {
    const [licenseServer, proxy] = [await startOwnLicenseServer(), await startProxy(407)]
    const url = scheme === 'https' ? (await startTlsFront(licenseServer.url)).url : licenseServer.url
    const client = await startThrough(url, { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url })
    await expectFound(client, { code: 'NET_PROXY', cause: 'proxy_login', stage: 'proxy', facts: { status: 407, proxy: proxy.url } })
    expect(new Set(proxy.requests)).toEqual(new Set([`CONNECT ${new URL(url).host}`]))
    expect(await licenseServer.control.requests()).toEqual([])
  })

  it('that does not accept the login it was given is told with the user, and without the password', async () => {
    const proxy = await startProxy(407)
    const given = proxy.url.replace('//', '//someone:proxy-canary@')
    const client = await startThrough('https://license.example', { HTTPS_PROXY: given })
    const facts = { status: 407, proxy: proxy.url, user: 'someone', setting: 'login' }
    const failed = await expectFound(client, { code: 'NET_PROXY', cause: 'proxy_login', stage: 'proxy', facts })
    expect(failed?.remedy).toMatch(/^Correct the user name and password in HTTPS_PROXY, as in http:\/\/USER:PASSWORD@127/)
  })

  it.each([[403, 'proxy_forbids'], [502, 'proxy_cannot_reach']] as const)('that answers %d is told as %s', async (status, cause) => {
    const proxy = await startProxy(status)
    const client = await startThrough('https://license.example', { HTTPS_PROXY: proxy.url })
    await expectFound(client, { code: 'NET_PROXY', cause, stage: 'proxy', facts: { status, proxy: proxy.url, host: 'license.example', port: 443 } })
  })

  it('whose name does not exist is NET_PROXY', async () => {
    const proxy = 'http://proxy.invalid:3128'
    const client = await startThrough((await startOwnLicenseServer()).url, { HTTP_PROXY: proxy })
    await expectFound(client, { code: 'NET_PROXY', cause: 'proxy_not_found', stage: 'dns', facts: { proxy } })
  })

  it('is left aside for what NO_PROXY names', async () => {
    const [licenseServer, proxy] = [await startOwnLicenseServer(), await startProxy(407)]
    await expectActivates(await startThrough(licenseServer.url, { HTTP_PROXY: proxy.url, NO_PROXY: 'example.com,127.0.0.1' }))
    expect(proxy.requests).toEqual([])
  })

  it('its password stays out of every answer and line', async () => {
    const [licenseServer, proxy] = [await startOwnLicenseServer(), await startProxy(407)]
    const product = await startOwnProduct({ licenseServerUrl: licenseServer.url, env: { HTTP_PROXY: proxy.url.replace('//', '//someone:proxy-canary@') } })
    const client = await signInSoon(product)
    const answers = [
      await client.save('nc_demo_standard'), await client.request('POST', '/api/license/diagnostics', {}),
      await client.request('GET', '/api/license/diagnostics'), await client.request('GET', '/api/license/support-bundle'),
      await client.request('GET', '/api/license/events'),
    ]
    for (const { text } of answers) expect(text).not.toContain('proxy-canary')
    expect(product.output()).not.toContain('proxy-canary')
  })
})
