import { beforeEach, describe, expect, it } from 'vitest'
import StageItem from '../../../../app/components/diagnostics/StageItem.vue'
import { LANGUAGES } from '../../../../app/words/languages.ts'
import type { DiagnosticStage } from '../../../../shared/contracts.ts'
import { DIAGNOSTIC_STAGES } from '../../../../shared/contracts.ts'
import { found } from '../../../support/app/findings.ts'
import { flattenMessages, readLocale } from '../../../support/app/locales.ts'
import { openFreshPage } from '../../../support/app/nuxt-imports.ts'
import { render, textsIn } from '../../../support/app/render.ts'

beforeEach(() => openFreshPage())

const stageOf = (stage: DiagnosticStage['stage'], changes: Partial<DiagnosticStage> = {}): DiagnosticStage => (
  { stage, result: 'ok', milliseconds: 12, code: null, remedy: null, finding: null, because: null, facts: {}, ...changes })
const item = (stage: DiagnosticStage, skippedBecause: string | null = null) =>
  render(StageItem, { name: stage.stage, stage, phase: stage.result, skippedBecause })
const waiting = (phase: 'idle' | 'running' | 'waiting') => render(StageItem, { name: 'dns', stage: null, phase, skippedBecause: null })

describe('a stage of the diagnostics', () => {
  it('that failed says what was found and what to do, and leads to the entry of its reference', async () => {
    const finding = found('handshake_cut', { host: 'app.nocodb.com', port: 443, errno: 'ECONNRESET' })
    const html = await item(stageOf('tls', { result: 'failed', code: 'NET_CONNECT', remedy: 'In English, for scripts.', finding }))
    expect(html).toMatch(/^<li [^>]*data-stage="tls" data-result="failed"/)
    expect(html).toMatch(/<div class="finding"[^>]*data-code="NET_CONNECT" data-cause="handshake_cut"/)
    expect(html).toContain('href="/admin/license#NCL-202"')
    expect(textsIn(html)).toEqual([
      'Encryption (TLS)', '12 ms', 'Failed',
      'The connection to app.nocodb.com on port 443 was accepted, but cut off while encryption was being set up.',
      'A firewall that filters by server name looks like this. Have app.nocodb.com allowed there.', 'Error:', 'ECONNRESET', 'NCL-202',
    ])
  })

  it('may fail because of the clock, which has references of its own', async () => {
    const facts = { difference: 7200, clock: '2026-11-26T12:03:00.000Z', trusted: '2026-11-26T14:03:00.000Z' }
    const finding = found('clock_behind', facts, { code: 'CLOCK_BEHIND' })
    const html = await item(stageOf('clock', { result: 'failed', code: 'CLOCK_BEHIND', finding }))
    expect(html).toContain('href="/admin/license#NCL-402"')
    expect(textsIn(html)[3]).toMatch(/^This server's clock is almost exactly 2 hours behind, as if its time zone were wrong\./)
  })

  it('that passed shows what it observed', async () => {
    const html = await item(stageOf('tcp', { facts: { host: 'h', port: 443, address: null } }))
    expect(html).not.toContain('data-cause')
    expect(textsIn(html)).toEqual(['Connection (TCP)', '12 ms', 'Good', 'Host:', 'h', 'Port:', '443'])
  })

  it('that was not reached says so, and one that was skipped for another reason has nothing to say', async () => {
    const skipped = stageOf('http', { result: 'skipped', milliseconds: null, because: 'not_reached' })
    expect(textsIn(await item(skipped, 'notReached'))).toEqual(['License server (HTTP)', 'Skipped', 'Not reached, because a stage before it failed.'])
    expect(textsIn(await item(skipped))).toEqual(['License server (HTTP)', 'Skipped'])
  })

  it.each([['idle', []], ['waiting', ['Waiting']], ['running', ['Running']]] as const)('that is %s says %j', async (phase, label) => {
    expect(textsIn(await waiting(phase))).toEqual(['Name look-up (DNS)', ...label])
  })
})

/* What each stage observes (server/license-server/diagnostics.ts), by the label that it has in English. */
const OBSERVED: Record<DiagnosticStage['stage'], Record<string, string>> = {
  storage: { location: 'Database' },
  configuration: { url: 'Address', proxy: 'Proxy' },
  dns: { host: 'Host', addresses: 'Addresses' },
  proxy: { proxy: 'Proxy', target: 'Target' },
  tcp: { host: 'Host', port: 'Port', address: 'IP address' },
  tls: { subject: 'Certificate for', issuer: 'Certificate issued by', validFrom: 'Certificate valid from', validTo: 'Certificate valid until', protocol: 'Protocol' },
  http: { url: 'Address' },
  clock: { skewSeconds: 'Clock differs by (seconds)', serverTime: 'Time of the license server', clock: 'Clock of this server' },
}

describe('what a stage observed', () => {
  it.each(DIAGNOSTIC_STAGES)('has a label of its own: %s', async (stage) => {
    const names = Object.keys(OBSERVED[stage])
    const texts = textsIn(await item(stageOf(stage, { facts: Object.fromEntries(names.map(name => [name, 'x'])) })))
    expect(texts.slice(3)).toEqual(Object.values(OBSERVED[stage]).flatMap(label => [`${label}:`, 'x']))
  })

  it.each(LANGUAGES.map(({ code }) => code))('has one in every language: %s', (locale) => {
    const messages = new Map(flattenMessages(readLocale(locale)))
    const names = Object.values(OBSERVED).flatMap(observed => Object.keys(observed))
    expect(names.filter(name => !messages.has(`detail.${name}`) && !messages.has(`fact.${name}`))).toEqual([])
  })

  it('is a time in the language of the page where it is one, and a yes or a no', async () => {
    const facts = { validTo: '2026-11-26T14:03:00.000Z', somethingNew: true }
    expect(textsIn(await item(stageOf('tls', { facts }))).slice(3)).toEqual(['Certificate valid until:', '26 Nov 2026, 14:03\u00A0UTC', 'somethingNew:', 'Yes'])
  })
})
