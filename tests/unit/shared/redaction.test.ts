import { describe, expect, it } from 'vitest'
import { findingOf, seen } from '../../../shared/findings.ts'
import { redactAddresses, redactFinding, withoutAddresses } from '../../../shared/redaction.ts'

const AT = Date.UTC(2026, 2, 1, 12)

describe('what a viewer sees of a finding', () => {
  const facts = {
    proxy: 'http://10.1.2.3:3128', user: 'svc-nocodb', host: 'license.example', address: '192.0.2.7', port: 443, clock: '2026-03-01T12:00:00.000Z',
  }
  const finding = findingOf(seen('NET_PROXY', 'proxy_login', facts), AT)

  it('is all but IP addresses and who logs in at the proxy', () => {
    expect(redactFinding(finding, 'viewer')).toEqual({
      ...finding, facts: { proxy: 'http://•:3128', host: 'license.example', address: '•', port: 443, clock: '2026-03-01T12:00:00.000Z' },
    })
  })

  it('changes nothing for an administrator, nor the finding itself', () => {
    expect(redactFinding(finding, 'admin')).toEqual(finding)
    expect(finding.facts).toEqual(facts)
  })
})

describe('IP addresses in a text', () => {
  it.each([
    ['192.0.2.1', '•'], ['192.0.2.1:443', '•:443'], ['http://10.0.0.1/path', 'http://•/path'], ['10.0.0.1, 10.0.0.2', '•, •'],
    ['connect ECONNREFUSED 10.0.0.1:3128', 'connect ECONNREFUSED •:3128'], ['2001:db8:1:2:3:4:5:6', '•'], ['2001:DB8::1', '•'], ['::1', '•'], ['::', '•'],
    ['fe80::', '•'], ['1:2:3:4:5:6:7::', '•'], ['[2001:db8::1]:8443', '[•]:8443'], ['http://[::1]/x', 'http://[•]/x'], ['fe80::1%eth0', '•%eth0'],
    ['::ffff:192.0.2.1', '•'], ['[::ffff:10.0.0.1]:3128', '[•]:3128'], ['64:ff9b::192.0.2.33 it is', '• it is'],
  ])('%j becomes %j', (text, expected) => {
    expect(redactAddresses(text)).toBe(expected)
  })

  it.each([
    '', 'license.example', 'license.example:443', 'https://license.example/api/v1', 'TLSv1.2', 'v1.2.3', 'ip-10-0-0-1.internal', 'a1'.repeat(16),
    '2026-03-01T12:00:00.000Z', 'CN=Example CA, O=Example', 'nginx/1.25.3', '/data/license.db', 'U+202E RIGHT-TO-LEFT OVERRIDE',
  ])('leave %j as it is', (text) => {
    expect(redactAddresses(text)).toBe(text)
  })
})

it('a value without addresses is the same otherwise, however deep its texts lie', () => {
  const value = { url: 'http://10.0.0.1:8080', set: ['NO_PROXY 10.0.0.0/8', 'plain'], more: { up: true, count: 3, none: null, at: '2026-03-01T12:00:00.000Z' } }
  expect(withoutAddresses(value)).toEqual({ ...value, url: 'http://•:8080', set: ['NO_PROXY •/8', 'plain'] })
  expect([withoutAddresses('::1'), withoutAddresses(null), withoutAddresses(7)]).toEqual(['•', null, 7])
})
