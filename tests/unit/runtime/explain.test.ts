import { describe, expect, it } from 'vitest'
import type { ReplicaView, SupportBundle } from '../../../shared/contracts.ts'
import { SUPPORT_FORMAT } from '../../../shared/contracts.ts'
import type { Finding } from '../../../shared/findings.ts'
import { findingOf, seen } from '../../../shared/findings.ts'
import { supportBundleSchema } from '../../../shared/schemas.ts'
import { explainBundle } from '../../../server/runtime/explain.ts'
import { INSTANCE, OTHER_INSTANCE } from '../../support/claims.ts'

const NOW = Date.UTC(2026, 10, 26, 12)
const at = (hours: number) => new Date(NOW - hours * 3_600_000).toISOString()
const pageAt = (hours: number): Finding =>
  findingOf(seen('NET_CAPTIVE_PORTAL', 'web_page', { host: 'app.nocodb.com', status: 403, title: 'Blocked' }), NOW - hours * 3_600_000)

const LICENSE: SupportBundle['license'] = {
  state: 'active', entitled: true, method: 'standard', plan: 'gold', licensee: { organization: 'Acme' }, features: ['sso'], seats: 5, limits: {}, seatsUsed: 3,
  licenseId: 'lic_1', maskedKey: 'nc_••••••••dard', issuedAt: at(6), expiresAt: at(-1000), activatedAt: at(500), graceEndsAt: at(-160), renews: true, deactivation: null,
  checkIn: { lastSuccessAt: at(6), lastAttemptAt: at(6), nextAt: at(0), consecutiveFailures: 0, lastError: null },
  instanceId: INSTANCE, boundTo: INSTANCE, reason: null, verdictAt: null, invalidBecause: null, finding: null, managedByEnv: false,
  previous: null, warnings: [], revision: 3, serverTime: at(0),
}
const BUNDLE: SupportBundle = {
  format: SUPPORT_FORMAT, createdAt: at(0), build: { version: '1.2.3', commit: 'abc', sandbox: false, trustedKids: ['k1'] },
  runtime: { node: 'v24.1.0', platform: 'linux', arch: 'x64', replica: 'one', uptimeSeconds: 100 },
  storage: { kind: 'sqlite', location: '/data/license.db', up: true, since: at(1), lastWriteAt: at(0) },
  configuration: { set: ['DATABASE_URL (environment)'], warnings: ['one thing', 'another'] },
  licenseServer: { url: 'https://app.nocodb.com', configured: false, proxy: 'http://proxy:3128' }, license: LICENSE,
  clocks: { effective: at(0), wall: at(0), trusted: at(0), continuous: true, uptimeSeconds: 100 },
  findings: [], diagnostics: null, lastRequest: null, checkIns: [{ day: '2026-11-26', good: 3, failed: 1, off: false }], events: [],
}
const explain = (change: Partial<SupportBundle> = {}, license: Partial<SupportBundle['license']> = {}) =>
  explainBundle(supportBundleSchema.parse({ ...BUNDLE, ...change, license: { ...LICENSE, ...license } }))

/** A run of diagnostics that found a web page so many hours ago. */
const diagnosedAt = (hours: number): Partial<SupportBundle> => ({
  diagnostics: {
    ok: false, verdict: 'problem', ranAt: at(hours), stages: [{
      stage: 'http', result: 'failed', milliseconds: 9, code: 'NET_CAPTIVE_PORTAL', remedy: null,
      finding: pageAt(hours), because: null, facts: {},
    }],
  },
})

describe('a support bundle in words', () => {
  it('begins with what it is about, and that nothing is the matter', () => {
    expect(explain().slice(0, 3)).toEqual([
      `ACTIVE: standard license of Acme, features on, as of ${at(0)} (version 1.2.3, abc, Node.js v24.1.0, replica one)`, '',
      'Nothing is wrong, as far as this bundle shows.',
    ])
  })

  it('says first what is the matter, with reference, cause, facts, what to do and until when', () => {
    const finding = findingOf(seen('SERVER_REFUSED', 'refused_expired', { host: 'app.nocodb.com', until: '2026-12-01T00:00:00.000Z' }), NOW)
    expect(explain({ findings: [pageAt(1)] }, { finding }).slice(2, 5)).toEqual([
      'What is wrong: NCL-211 (SERVER_REFUSED, refused_expired)',
      '  The license server says that the subscription has ended. Enterprise features stay on until 2026-12-01T00:00:00.000Z.',
      '  What to do: Renew the subscription. The license then continues by itself.',
    ])
  })

  it('says what failed last, if nothing has gone well since', () => {
    expect(explain({ findings: [pageAt(2), pageAt(9)] })[2]).toBe('What failed last, 2 hours before this bundle: NCL-206 (NET_CAPTIVE_PORTAL, web_page)')
    expect(explain({ findings: [pageAt(7)] })[2]).toBe('Nothing is wrong, as far as this bundle shows.')
  })

  it.each<[string, Partial<SupportBundle['license']>, number]>([
    ['the last good check-in', {}, 6], ['the activation, of a license that does not check in', { method: 'offline', checkIn: null }, 500],
  ])('says nothing of what failed before %s', (_what, license, hours) => {
    for (const change of [(hour: number) => ({ findings: [pageAt(hour)] }), diagnosedAt]) {
      expect(explain(change(hours + 1), license)[2]).toBe('Nothing is wrong, as far as this bundle shows.')
      expect(explain(change(hours - 1), license)[2]).toContain('NCL-206')
    }
  })

  it('names no deadline that has passed by the time of the bundle', () => {
    const finding = findingOf(seen('SERVER_REFUSED', 'refused_expired', { host: 'app.nocodb.com', until: at(1) }), NOW)
    expect(explain({}, { finding })[3]).toBe('  The license server says that the subscription has ended.')
  })

  it('never says that nothing is the matter while check-ins fail', () => {
    const checkIn = { ...LICENSE.checkIn, consecutiveFailures: 3 }
    expect(explain({}, { checkIn: supportBundleSchema.shape.license.shape.checkIn.parse(checkIn) })[2]).toMatch(/^Check-ins fail \(3 in a row\)/)
  })

  it('lists what it rests on', () => {
    const text = explain({ findings: [pageAt(9)] }).join('\n')
    for (const line of [
      `  Instance ID: ${INSTANCE}`, '  Key: nc_••••••••dard', '  Seats: 3 of 5 used', '  In the last 30 days: 3 good, 1 failed', '  Proxy: http://proxy:3128',
      '  Address: https://app.nocodb.com', '  Diagnostics: never run', `  Says ${at(0)}; agrees with trusted time (${at(0)}).`,
      `  sqlite, /data/license.db, up since ${at(1)}; last written ${at(0)}`, '  Warnings: one thing; another',
      `  ${at(9)} (9 hours before this bundle): NCL-206 web_page. A web page titled “Blocked” came back in place of the answer from app.nocodb.com (status 403).`,
    ]) expect(text).toContain(line)
    expect(text).not.toMatch(/Bound to another|null|undefined/)
  })

  const replicaOf = (id: string, changes: Partial<ReplicaView> = {}): ReplicaView => (
    { id, version: '1.2.3', commit: 'abc', startedAt: at(9), lastSeenAt: at(0), state: 'active', revision: 3, holdsClaim: false, ...changes })

  it('begins with what the replicas disagree about, before what is the matter with one of them', () => {
    const seen = [replicaOf('one'), replicaOf('two', { version: '1.1.0', commit: 'def', holdsClaim: true })]
    const lines = explain({ replicas: { seen, disagreeAbout: ['version', 'commit', 'NC_LICENSE_KEY'] } }, { finding: pageAt(1) })
    expect(lines.slice(2, 6)).toEqual([
      'The replicas of this installation disagree:', '  They run different versions. Complete the upgrade, so that all of them run the same one.',
      expect.stringMatching(/^ {2}NC_LICENSE_KEY is not the same on all of them\./), '',
    ])
    expect(lines[6]).toMatch(/^What is wrong: NCL-206/)
    const begin = lines.indexOf('Replicas:')
    expect(lines.slice(begin + 1, begin + 3)).toEqual([
      `  one (made this bundle): version 1.2.3, abc, would answer active (revision 3), last seen ${at(0)}`,
      `  two: version 1.1.0, def, would answer active (revision 3), last seen ${at(0)}, makes the check-ins now`,
    ])
  })

  it('does not say that nothing is wrong while replicas disagree', () => {
    const seen = [replicaOf('one'), replicaOf('two', { state: 'grace' })]
    const text = explain({ replicas: { seen, disagreeAbout: ['state'] } }).join('\n')
    expect(text).toContain('They would answer differently about the license.')
    expect(text).toContain('Nothing else is wrong')
    expect(text).not.toContain('Nothing is wrong')
  })

  it('lists replicas that agree, and none that is alone', () => {
    const agreed = explain({ replicas: { seen: [replicaOf('one'), replicaOf('two')], disagreeAbout: [] } })
    expect(agreed[2]).toBe('Nothing is wrong, as far as this bundle shows.')
    expect(agreed).toContain('Replicas:')
    expect(explain({ replicas: { seen: [replicaOf('one')], disagreeAbout: [] } })).not.toContain('Replicas:')
  })

  it('says what is unusual', () => {
    const text = explain({
      build: { ...BUNDLE.build, sandbox: true }, storage: { ...BUNDLE.storage, up: false }, clocks: { ...BUNDLE.clocks, trusted: at(192), continuous: false },
      licenseServer: { ...BUNDLE.licenseServer, configured: true, proxy: null },
      diagnostics: {
        ok: false, verdict: 'problem', ranAt: at(1), stages: [
          { stage: 'http', result: 'failed', milliseconds: 3, code: 'NET_CAPTIVE_PORTAL', remedy: '', finding: pageAt(1), because: null, facts: {} },
        ],
      },
    }, { boundTo: OTHER_INSTANCE, managedByEnv: true }).join('\n')
    for (const part of [
      'SANDBOX BUILD', 'DOWN', '8 days ahead of trusted time', 'the machine was off for an unknown time since', `Bound to another Instance ID: ${OTHER_INSTANCE}`,
      'set by NC_LICENSE_SERVER_URL', 'Proxy: none', 'Failed stage: http, NCL-206 web_page', 'Diagnostics: problem, run 1 hour before this bundle', 'Managed by NC_LICENSE_KEY: yes',
      'What diagnostics found, 1 hour before this bundle',
    ]) expect(text).toContain(part)
  })

  it('of an installation without a license says so', () => {
    expect(explain({}, { state: 'unlicensed', entitled: false, method: null, licensee: null, checkIn: null, activatedAt: null })[0]).toMatch(/^UNLICENSED: no license, features off/)
  })
})
