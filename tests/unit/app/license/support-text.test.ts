import { describe, expect, it } from 'vitest'
import { diagnosticsText, supportText } from '../../../../app/license/support-text.ts'
import { toFailure } from '../../../../app/api/failure.ts'
import { found } from '../../../support/app/findings.ts'
import { viewOf } from '../../../support/app/license-view.ts'

const failureOf = (code: string, reference: string, details: Record<string, string> = {}) =>
  toFailure({ data: { code, reference, details, requestId: 'req-1' } }, 422)

describe('what support is given', () => {
  it('is plain lines, without what is not there and without key, mail or name', () => {
    const text = supportText(viewOf())
    expect(text).toContain('Instance ID: 0123456789abcdef0123456789abcdef\nState: active, entitled\nMethod: standard')
    expect(text).not.toMatch(/null|undefined|License bound to|nc_|@|Acme/)
    expect(text.split('\n').every(line => /^[A-Z][\w -]+: \S/.test(line))).toBe(true)
  })
  it('names the installation that the license is bound to only if that is another one', () => {
    expect(supportText(viewOf({ boundTo: viewOf().instanceId }))).toBe(supportText(viewOf()))
    expect(supportText(viewOf({ boundTo: 'f'.repeat(32) }))).toContain(`\nLicense bound to: ${'f'.repeat(32)}\n`)
  })
  it('says what the last action failed with, whom it asked, and under which request', () => {
    const lines = supportText(viewOf(), failureOf('NET_DNS', 'NCL-201', { host: 'app.nocodb.com' })).split('\n')
    expect(lines).toEqual(expect.arrayContaining(['Last action failed: NCL-201 NET_DNS app.nocodb.com', 'Request: req-1']))
  })
  it('has what is the matter, and what the last action found, in a line each: reference, cause, where, facts, when', () => {
    const finding = found('certificate_expired', { host: 'app.nocodb.com', validTo: '2026-03-01T00:00:00.000Z' }, { code: 'NET_TLS' })
    const failure = { ...failureOf('NET_PROXY', 'NCL-205'), finding: found('proxy_refused', { proxy: 'http://proxy:3128', user: 'svc-nocodb' }, { code: 'NET_PROXY' }) }
    const lines = supportText(viewOf({ finding }), failure).split('\n')
    expect(lines.filter(line => /^(Finding|Last action failed|What it found): /.test(line))).toEqual([
      'Finding: NCL-204 certificate_expired (tls), host=app.nocodb.com, validTo=2026-03-01T00:00:00.000Z, at 2026-11-26T14:03:00.000Z',
      'Last action failed: NCL-205 NET_PROXY',
      'What it found: NCL-205 proxy_refused (proxy), proxy=http://proxy:3128, at 2026-11-26T14:03:00.000Z',
    ])
    expect(supportText(viewOf(), failureOf('NET_PROXY', 'NCL-205'))).not.toMatch(/Finding|What it found/)
  })
  it('has of a finding without facts just what it is', () => {
    expect(supportText(viewOf({ finding: found('revoked', {}, { code: 'LICENSE_REVOKED' }) })))
      .toContain('\nFinding: NCL-104 revoked (http), at 2026-11-26T14:03:00.000Z\n')
  })
  it('has each stage of the diagnostics with its time and its facts, or what was found', () => {
    const stage = { milliseconds: null, code: null, remedy: null, finding: null, because: null, facts: {} }
    const finding = found('refused', { host: 'a', port: 443 })
    const lines = diagnosticsText(null, '2026-03-01T12:00:00.000Z', [
      { ...stage, stage: 'dns', result: 'ok', milliseconds: 0, facts: { host: 'a' } },
      { ...stage, stage: 'tcp', result: 'failed', milliseconds: 12, code: 'NET_CONNECT', remedy: 'Allow it.', finding },
      { ...stage, stage: 'http', result: 'skipped', because: 'not_reached' },
    ])
    expect(lines.split('\n')).toEqual([
      'Diagnostics of 2026-03-01T12:00:00.000Z', 'dns: ok (0 ms) {"host":"a"}',
      'tcp: failed (12 ms) NCL-202 refused (tcp), host=a, port=443, at 2026-11-26T14:03:00.000Z', 'http: skipped {}',
    ])
  })
  it('ends with the replicas, and says among the facts what they disagree about', () => {
    const seen = ['one', 'two'].map(id => ({
      id, version: '1.0.0', commit: 'abc', startedAt: viewOf().serverTime, lastSeenAt: viewOf().serverTime, state: 'active' as const, revision: 3, holdsClaim: false,
    }))
    const replicas = { asOf: viewOf().serverTime, answeredBy: 'one', seen, disagreeAbout: ['NC_LICENSE_KEY' as const, 'state' as const], remedy: '' }
    const lines = diagnosticsText(viewOf(), null, [], replicas).split('\n')
    expect(lines).toContain('Replicas disagree about: NC_LICENSE_KEY, state')
    expect(lines.slice(-2)).toEqual(['one', 'two'].map(id => `replica ${id}: version 1.0.0 (abc), active (revision 3), last seen ${viewOf().serverTime}`))
    expect(supportText(viewOf())).not.toContain('Replicas')
  })
  it('begins with the installation, if that is known, before the diagnostics', () => {
    expect(diagnosticsText(viewOf(), null, [])).toBe(supportText(viewOf()))
  })
})
