import { describe, expect, it, vi } from 'vitest'
import type { ClientOptions } from '../../../server/license-server/client.ts'
import { createLicenseServerClient } from '../../../server/license-server/client.ts'
import type { FindingCause, FindingFacts } from '../../../shared/findings.ts'
import { ACTIVATION, CALLS } from '../../support/license-calls.ts'
import { startProxy, trust } from '../../support/network/routes.ts'
import type { Kind } from './authorities.ts'
import { trustRoot } from './authorities.ts'
import { resolvingTo, startTls, walk } from './walking.ts'

/* Certificates that are real, and what a call does before it sends anything. */

vi.setConfig({ testTimeout: 60_000 })

const NOW = Date.parse('2026-03-01T12:00:00Z')
const clock = '2026-03-01T12:00:00.000Z'
const issuer = 'Vendor Root'
const LONG = { validFrom: '2020-01-01T00:00:00.000Z', validTo: '2099-01-01T00:00:00.000Z' }
const PAST = { validFrom: '2020-01-01T00:00:00.000Z', validTo: '2021-01-01T00:00:00.000Z' }
const FUTURE = { validFrom: '2090-01-01T00:00:00.000Z', validTo: '2099-01-01T00:00:00.000Z' }
const TODAY = { validFrom: expect.stringMatching(/Z$/), validTo: expect.stringMatching(/Z$/) }

const TROUBLES: [Kind, FindingCause, FindingFacts][] = [
  ['expired', 'certificate_expired', { errno: 'CERT_HAS_EXPIRED', subject: 'license.example', issuer, ...PAST, clock }],
  ['expired above', 'certificate_expired', { errno: 'CERT_HAS_EXPIRED', subject: 'Vendor Past', issuer, ...PAST, clock }],
  ['not yet valid', 'certificate_not_yet_valid', { errno: 'CERT_NOT_YET_VALID', subject: 'license.example', issuer, ...FUTURE, clock }],
  ['not yet valid above', 'certificate_not_yet_valid', { errno: 'CERT_NOT_YET_VALID', subject: 'Vendor Future', issuer, ...FUTURE, clock }],
  ['for other names', 'certificate_other_name', {
    errno: 'ERR_TLS_CERT_ALTNAME_INVALID', subject: 'shop.example', issuer, ...LONG, names: 'shop.example, www.shop.example, 192.0.2.7',
  }],
  ['for no name', 'certificate_other_name', { errno: 'ERR_TLS_CERT_ALTNAME_INVALID', subject: 'only.example', issuer, ...LONG, names: 'only.example' }],
  ['of a stranger', 'certificate_unknown_issuer', {
    errno: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', subject: 'localhost', issuer: 'Interception Inc', ...LONG,
  }],
  ['of a stranger, who is shown', 'certificate_unknown_issuer', {
    errno: 'SELF_SIGNED_CERT_IN_CHAIN', subject: 'localhost', issuer: 'Interception Inc', ...LONG,
  }],
  ['of an intermediate that is not shown', 'certificate_unknown_issuer', {
    errno: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', subject: 'localhost', issuer: 'Vendor Intermediate', ...LONG,
  }],
  ['self-signed', 'certificate_self_signed', { errno: 'DEPTH_ZERO_SELF_SIGNED_CERT', subject: 'appliance.example', issuer: 'Myself', ...TODAY }],
]

describe.each(TROUBLES)('F32: a certificate %s', (kind, cause, facts) => {
  it('is told with whose it is and what is wrong with it', async () => {
    trustRoot()
    const { url } = await startTls(kind)
    expect(await walk(url, { now: NOW })).toEqual({ code: 'NET_TLS', cause, stage: 'tls', facts: { host: '127.0.0.1', ...facts } })
  })

  it('is told in the same way through a proxy, which is named', async () => {
    trustRoot()
    const [{ url }, { url: proxy }] = [await startTls(kind), await startProxy()]
    expect(await walk(url, { now: NOW, proxy })).toEqual({
      code: 'NET_TLS', cause, stage: 'tls', facts: { host: '127.0.0.1', ...facts, proxy },
    })
  })
})

it('F32: a certificate for localhost is none for another name', async () => {
  trustRoot()
  const { port } = await startTls('good')
  expect(await walk(`https://license.example:${port}`, { lookup: resolvingTo('127.0.0.1') })).toMatchObject({
    code: 'NET_TLS', cause: 'certificate_other_name', facts: { host: 'license.example', names: 'localhost, 127.0.0.1' },
  })
})

it('F32: a good certificate is that of a stranger where its authority is not trusted', async () => {
  const { url } = await startTls('good')
  expect(await walk(url)).toMatchObject({ code: 'NET_TLS', cause: 'certificate_unknown_issuer', facts: { issuer: 'Vendor Intermediate' } })
})

describe('before the certificate has been found good, nothing of a call is sent', () => {
  const GRANTED = JSON.stringify({ lease: 'x.y.z', secret: 's'.repeat(16) })
  const ANSWER = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${GRANTED.length}\r\n\r\n${GRANTED}`
  const clientTo = (baseUrl: string, options: Partial<ClientOptions> = {}) =>
    createLicenseServerClient({ baseUrl, version: '1.2.3', proxyFor: () => '', limits: { total: 40_000, connect: 20_000 }, ...options })

  it.each(['directly', 'through a proxy', 'through a proxy that is encrypted itself'])('and then everything is: %s', async (way) => {
    trustRoot()
    const server = await startTls('good', ANSWER)
    const proxy = way === 'directly' ? null : await startProxy(undefined, way.endsWith('itself') ? 'https' : 'http')
    if (proxy) trust(proxy.caFile)
    expect(await clientTo(server.url, { proxyFor: () => proxy?.url ?? '' }).activate(ACTIVATION).send()).toMatchObject({ ok: true })
    expect(server.heard.join('')).toMatch(/^POST \/api\/v1\/licenses\/activate HTTP\/1\.1\r\n[^]*"license_key":"nc_a_key_for_tests_0001"/)
  })

  it.each(TROUBLES)('F32: directly, to one with a certificate %s', async (kind, cause) => {
    trustRoot()
    const server = await startTls(kind, ANSWER)
    for (const call of CALLS) {
      expect(await call.make(clientTo(server.url))).toMatchObject({ ok: false, answered: false, seen: { code: 'NET_TLS', cause, stage: 'tls' } })
    }
    await expect.poll(() => server.open.size).toBe(0)
    expect([server.accepted, server.heard]).toEqual([CALLS.length, []])
  })

  it.each(TROUBLES)('F32, F33: through a proxy, to one with a certificate %s', async (kind, cause) => {
    trustRoot()
    const [server, proxy] = [await startTls(kind, ANSWER), await startProxy()]
    for (const call of CALLS) {
      const outcome = await call.make(clientTo(server.url, { proxyFor: () => proxy.url }))
      expect(outcome).toMatchObject({ ok: false, answered: false, seen: { code: 'NET_TLS', cause, stage: 'tls' } })
    }
    await expect.poll(() => server.open.size).toBe(0)
    expect([server.accepted, server.heard]).toEqual([CALLS.length, []])
    expect(proxy.requests).toEqual(CALLS.map(() => `CONNECT 127.0.0.1:${server.port}`))
  })

  it.each(TROUBLES)('F32, F33: to a proxy with a certificate %s', async (kind, cause) => {
    trustRoot()
    const [server, proxy] = [await startTls('good', ANSWER), await startTls(kind, 'HTTP/1.1 200 OK\r\n\r\n')]
    const proxyFor = () => proxy.url.replace('//', '//someone:proxy-canary@')
    const outcome = await clientTo(server.url, { proxyFor }).activate(ACTIVATION).send()
    expect(outcome).toMatchObject({ ok: false, answered: false, seen: { code: 'NET_TLS', cause, stage: 'proxy' } })
    await expect.poll(() => proxy.open.size).toBe(0)
    expect([proxy.accepted, proxy.heard, server.accepted]).toEqual([1, [], 0])
  })
})
