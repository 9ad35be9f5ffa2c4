import { describe, expect, it } from 'vitest'
import type { Stage } from '../../../server/license-server/transport-error.ts'
import { networkCodeOf } from '../../../server/license-server/transport-error.ts'

const coded = (code: string, cause?: unknown) => Object.assign(new Error('a text', { cause }), { code })
const named = (name: string) => Object.assign(new Error('a text'), { name })
const wrapped = (error: unknown, depth: number): unknown => depth === 0 ? error : wrapped(new Error('outer', { cause: error }), depth - 1)

const STAGES: Stage[] = ['dns', 'connect', 'exchange']

describe('what a failed call is called', () => {
  it.each([
    'ERR_TLS_CERT_ALTNAME_INVALID', 'ERR_SSL_WRONG_VERSION_NUMBER', 'CERT_HAS_EXPIRED', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'EPROTO', 'ERROR_IN_CERT_NOT_AFTER_FIELD', 'HOSTNAME_MISMATCH', 'INVALID_CA', 'CRL_HAS_EXPIRED',
  ])('%s is about TLS, at any stage and through any proxy', (code) => {
    for (const stage of STAGES) for (const proxy of [true, false]) expect(networkCodeOf(coded(code), stage, proxy)).toBe('NET_TLS')
  })

  it.each(['EPROTOTYPE', 'NOT_CERT_X', 'INVALID_CA_MORE', 'HOSTNAME_MISMATCHED'])('%s only looks as if it were', (code) => {
    expect(networkCodeOf(coded(code), 'connect', false)).toBe('NET_CONNECT')
  })

  it.each(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA', 'EAI_NONAME', 'ENODATA', 'ESERVFAIL', 'ETIMEOUT'])('%s is about the name', (code) => {
    expect(networkCodeOf(coded(code), 'dns', false)).toBe('NET_DNS')
  })

  it.each([
    ['TimeoutError', named('TimeoutError')], ['no headers', coded('UND_ERR_HEADERS_TIMEOUT')], ['no body', coded('UND_ERR_BODY_TIMEOUT')],
  ])('silence (%s) is the resolver\'s while the name is looked up, and the server\'s afterwards', (_what, error) => {
    expect(STAGES.map(stage => networkCodeOf(error, stage, false))).toEqual(['NET_DNS', 'NET_TIMEOUT', 'NET_TIMEOUT'])
  })

  it('a connection that takes too long is no connection', () => {
    const slow = coded('UND_ERR_CONNECT_TIMEOUT')
    expect(STAGES.map(stage => networkCodeOf(slow, stage, false))).toEqual(['NET_DNS', 'NET_CONNECT', 'NET_CONNECT'])
    expect(STAGES.map(stage => networkCodeOf(coded('ETIMEDOUT'), stage, false))).toEqual(['NET_CONNECT', 'NET_CONNECT', 'NET_CONNECT'])
  })

  it.each(['HPE_INVALID_CONSTANT', 'HPE_HEADER_OVERFLOW', 'UND_ERR_INVALID_ARG'])('%s is an answer that nobody understands', (code) => {
    expect(networkCodeOf(coded(code), 'exchange', false)).toBe('SERVER_RESPONSE_INVALID')
    expect(networkCodeOf(coded(code), 'exchange', true)).toBe('SERVER_RESPONSE_INVALID')
  })

  it.each([coded('ECONNREFUSED'), coded('ECONNRESET'), coded('EHOSTUNREACH'), coded('X_HPE_'), new Error('bare'), 'a text', null, undefined])('anything else (%s) is no connection', (error) => {
    for (const stage of STAGES) expect(networkCodeOf(error, stage, false)).toBe('NET_CONNECT')
  })

  it('through a proxy it is the proxy, until there is an exchange', () => {
    for (const error of [coded('ECONNREFUSED'), coded('ENOTFOUND'), coded('UND_ERR_CONNECT_TIMEOUT'), coded('UND_ERR_INVALID_ARG'), new Error('bare')]) {
      expect(networkCodeOf(error, 'dns', true)).toBe('NET_PROXY')
      expect(networkCodeOf(error, 'connect', true)).toBe('NET_PROXY')
    }
    expect(networkCodeOf(coded('ECONNRESET'), 'exchange', true)).toBe('NET_CONNECT')
    expect(networkCodeOf(named('TimeoutError'), 'connect', true)).toBe('NET_TIMEOUT')
    expect(networkCodeOf(named('TimeoutError'), 'dns', true)).toBe('NET_TIMEOUT')
    const hungUp = new Error('Client network socket disconnected before secure TLS connection was established')
    expect(networkCodeOf(hungUp, 'connect', true)).toBe('NET_CONNECT')
    expect(networkCodeOf(wrapped(hungUp, 1), 'connect', true)).toBe('NET_CONNECT')
  })

  it('the reason may lie deeper, and beside others', () => {
    expect(networkCodeOf(wrapped(coded('CERT_HAS_EXPIRED'), 3), 'connect', false)).toBe('NET_TLS')
    expect(networkCodeOf(new AggregateError([new Error('v6'), coded('ENOTFOUND')]), 'dns', false)).toBe('NET_DNS')
    expect(networkCodeOf(new AggregateError(['no error', coded('ETIMEDOUT')]), 'connect', false)).toBe('NET_CONNECT')
    expect(networkCodeOf(wrapped(new AggregateError([coded('CERT_REVOKED')]), 1), 'connect', false)).toBe('NET_TLS')
  })

  it('a cause that is its own is followed so far and no further', () => {
    const turning = new Error('turning')
    turning.cause = turning
    expect(networkCodeOf(turning, 'connect', false)).toBe('NET_CONNECT')
    expect(networkCodeOf(wrapped(coded('CERT_HAS_EXPIRED'), 7), 'connect', false)).toBe('NET_TLS')
    expect(networkCodeOf(wrapped(coded('CERT_HAS_EXPIRED'), 8), 'connect', false)).toBe('NET_CONNECT')
  })
})
