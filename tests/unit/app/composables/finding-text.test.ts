import { afterEach, describe, expect, it, vi } from 'vitest'
import { useFindingText } from '../../../../app/composables/useFindingText.ts'
import { useTimeText } from '../../../../app/composables/useTimeText.ts'
import { LANGUAGES } from '../../../../app/words/languages.ts'
import type { FactName, FindingCause, FindingFacts, FindingStage } from '../../../../shared/findings.ts'
import { FACTS, FINDING_CAUSES, FINDING_TEXTS, isDatabaseTrouble, isFindingCause } from '../../../../shared/findings.ts'
import { found } from '../../../support/app/findings.ts'
import { flattenMessages, readLocale } from '../../../support/app/locales.ts'
import { openFreshPage } from '../../../support/app/nuxt-imports.ts'

afterEach(() => vi.restoreAllMocks())

const CODES = LANGUAGES.map(({ code }) => code)
const TIME = '2026-11-26T14:03:00.000Z'
const TIMES: ReadonlySet<string> = new Set(['clock', 'trusted', 'expiresAt', 'retryAt', 'startsAt', 'validFrom', 'validTo'])

const CONFIGURED = { facts: { setting: 'NC_LICENSE_SERVER_URL' } }
/* What chooses the sentences of a variant: facts beside those that the sentences name, null for one that is not there. */
const VARIANTS: Record<string, { facts?: Partial<Record<FactName, string | number | null>>, stage?: FindingStage }> = {
  dns_no_such_name_configured: { facts: { setting: 'NC_LICENSE_SERVER_URL' } }, dns_silent_failed: { facts: { setting: 'failed' } },
  tls_version_unknown: { facts: { version: null } }, proxy_login_rejected: { facts: { setting: 'login' } }, proxy_login_unknown: { stage: 'http' },
  no_answer_handshake: { stage: 'tls' }, no_answer_plain: { facts: { setting: 'plain' } },
  reset_while_receiving: { facts: { bytes: 512 } }, reset_while_receiving_nothing: { facts: { bytes: null } },
  web_page: { facts: { title: null } }, web_page_titled: {}, rate_limited: { facts: { retryAt: null } }, rate_limited_until: {},
  redirect_nowhere: { facts: { target: null } }, answer_stale_seq: { facts: { member: 'seq' } }, unknown_signer_stored: { facts: { kid: null } },
  row_edited_older: { facts: { setting: 'older' } }, row_edited_unfit: { facts: { setting: 'unfit' } },
  unreadable_answer_signature: { facts: { member: 'signature' } },
  refused_configured: CONFIGURED, no_route_configured: CONFIGURED, dropped_configured: CONFIGURED, not_a_license_server_configured: CONFIGURED,
  ended_stored: { facts: { setting: 'stored' } },
  clock_ahead: { facts: { expiresAt: null } }, clock_ahead_ended: {}, clock_ahead_zone: { facts: { difference: 3600, expiresAt: null } },
  clock_ahead_perhaps: { facts: { setting: 'perhaps' } }, clock_behind_zone: { facts: { difference: 12_600 } },
}
const TEXTS = Object.keys(FINDING_CAUSES).filter(isFindingCause).flatMap(cause =>
  [cause, ...(FINDING_CAUSES[cause].variants ?? []).map(variant => `${cause}_${variant}`)].map(text => ({ text, cause })))

/** A finding that is told in this text, each fact a value of its own. */
function findingFor(text: string, cause: FindingCause) {
  const { facts, stage } = VARIANTS[text] ?? {}
  const named = FINDING_CAUSES[cause].facts.map(name => [name, name === 'difference' ? 691_200 : TIMES.has(name) ? TIME : `<${name}>`])
  return found(cause, { ...Object.fromEntries(named), ...facts }, stage ? { stage } : {})
}

/* Eight days, one hour, and three hours and a half: as a person says them. */
const DURATIONS: Record<string, Record<number, string>> = {
  'en': { 691_200: '8 days', 3600: '1 hour', 12_600: '3.5 hours' }, 'de': { 691_200: '8 Tage', 3600: '1 Stunde', 12_600: '3,5 Stunden' },
  'fr': { 691_200: '8 jours', 3600: '1 heure', 12_600: '3,5 heures' }, 'es': { 691_200: '8 días', 3600: '1 hora', 12_600: '3,5 horas' },
  'pt-BR': { 691_200: '8 dias', 3600: '1 hora', 12_600: '3,5 horas' }, 'ja': { 691_200: '8 日', 3600: '1 時間', 12_600: '3.5 時間' },
  'zh-CN': { 691_200: '8天', 3600: '1小时', 12_600: '3.5小时' }, 'ar': { 691_200: '8 أيام', 3600: 'ساعة', 12_600: '3.5 ساعة' },
}
const plain = (text: string) => text.replaceAll(/[\u00A0\u202F]/g, ' ')

describe.each(CODES)('in %s', (locale) => {
  const messages = new Map(flattenMessages(readLocale(locale)))

  it.each(TEXTS)('$text is told in its own sentences, with every fact in its place', ({ text, cause }) => {
    openFreshPage(locale)
    const finding = findingFor(text, cause)
    const shown = (name: string) => {
      const value = Object(finding.facts)[name]
      if (name === 'difference') return DURATIONS[locale]?.[value] ?? `no words for ${value}`
      return TIMES.has(name) ? useTimeText().absolute(value) : String(value)
    }
    const expected = (part: string) => plain((messages.get(`finding.${text}.${part}`) ?? 'no text').replaceAll(/\{'(.)'\}/g, '$1')
      .replaceAll(/\{(\w+)\}/g, (_all, name: string) => shown(name)))
    const { seen, do: advice } = useFindingText().words(finding)
    expect(plain(seen)).toBe(expected('seen'))
    const said = (messages.get('common.twoSentences') ?? '').replace('{first}', expected('do')).replace('{second}', messages.get('findings.unsaved') ?? '')
    expect(plain(advice)).toBe(isDatabaseTrouble(finding) ? plain(said) : expected('do'))
  })

  it('a length of time and a time are in the language of the page, in Latin digits', () => {
    openFreshPage(locale)
    const { seen } = useFindingText().words(found('clock_behind', { difference: 691_200, clock: TIME, trusted: '2026-12-04T14:03:00.000Z' }))
    expect(plain(seen)).toContain(DURATIONS[locale]?.[691_200])
    expect(seen).toMatch(/14:03/)
    expect(seen).not.toMatch(/[٠-٩۰-۹０-９]|2026-1|\{|undefined|NaN/)
  })

  it('how long features stay on is said after what was seen, until that time has come', () => {
    openFreshPage(locale)
    const { words } = useFindingText()
    const toldUntil = (until?: string) => words(found('refused', { host: 'h', port: 443, until }))
    const [without, known] = [toldUntil(), toldUntil(TIME)]
    const until = (messages.get('findings.until') ?? '').replace('{until}', useTimeText().absolute(TIME))
    expect(known.seen).toBe(without.seen + (locale === 'ja' || locale === 'zh-CN' ? '' : ' ') + until)
    expect(known.do).toBe(without.do)
    // The clock of a fresh page stands at the beginning of 1970.
    expect(toldUntil('1969-12-31T00:00:00.000Z')).toEqual(without)
  })

  it('what was observed besides has a label and a readable value', () => {
    openFreshPage(locale)
    const { beside } = useFindingText()
    const all: FindingFacts = Object.fromEntries(FACTS.map(name => [name, TIMES.has(name) ? TIME : `<${name}>`]))
    expect(beside(found('key_unknown', all))).toEqual(BESIDE.map(name => (
      { label: messages.get(`fact.${name}`), value: TIMES.has(name) ? useTimeText().absolute(TIME) : `<${name}>` })))
  })
})

const BESIDE = [
  'address', 'resolvers', 'user', 'server', 'contentType', 'subject', 'issuer', 'validFrom', 'validTo', 'promised', 'member', 'errno',
] as const
/* What else has a label: what a stage of the diagnostics reports that has none among the details of errors. */
const OF_STAGES = ['clock', 'location'] as const

describe('the labels of facts', () => {
  it('are there for what is shown with one, and for nothing else', () => {
    expect(Object.keys(Object(readLocale('en').fact)).toSorted()).toEqual([...BESIDE, ...OF_STAGES].toSorted())
  })
})

describe('a length of time', () => {
  it.each([
    [1, '1 second'], [57, '57 seconds'], [58, '1 minute'], [60, '1 minute'], [600, '10 minutes'], [3600, '1 hour'], [5300, '88 minutes'], [6299, '105 minutes'],
    [6300, '2 hours'], [86_400, '1 day'], [93_600, '26 hours'], [151_199, '42 hours'], [151_200, '2 days'], [691_200, '8 days'],
  ])('of %i s is said to be %s', (difference, expected) => {
    openFreshPage('en')
    const { seen } = useFindingText().words(found('clock_ahead', { difference, clock: TIME, trusted: TIME }))
    expect(seen).toMatch(new RegExp(`^This server's clock is (?:almost exactly )?${expected} ahead\\b`))
  })

  it('in Arabic is asked for in Latin digits, as browsers of some countries have others', () => {
    const tags: unknown[] = []
    const original = Intl.NumberFormat
    vi.spyOn(Intl, 'NumberFormat').mockImplementation(function (...[tag, options]: unknown[]) {
      tags.push(tag)
      return Reflect.construct(original, [tag, options])
    })
    openFreshPage('ar')
    expect(useFindingText().words(found('clock_ahead', { difference: 93_600, clock: TIME, trusted: TIME })).seen).toContain('26 ساعة')
    expect(tags).toEqual(['ar-u-nu-latn'])
  })
})

describe('trouble with the database', () => {
  it('is told with what cannot be saved until then; a row that was edited is not, nor is anything else', () => {
    openFreshPage('en')
    const { words } = useFindingText()
    const unsaved = /^Free some space\. .* can be saved, .*; licensed features stay as they are\./
    expect(words(found('disk_full', { location: '/data' })).do).toMatch(unsaved)
    expect([words(found('row_edited')).do, words(found('refused')).do].join(' ')).not.toContain('can be saved')
  })
})

describe('a fact', () => {
  it('that a sentence needs and that is not known stands there as a question mark', () => {
    openFreshPage('en')
    expect(useFindingText().words(found('dropped', { host: 'app.nocodb.com' }))).toEqual({
      seen: 'app.nocodb.com did not respond at all on port ? within ? seconds. The connection did not go through a proxy.',
      do: 'A firewall that silently drops packets looks like this. Allow outgoing connections to app.nocodb.com on port ?. '
        + 'If this server only reaches the internet through a proxy, set HTTPS_PROXY and restart NocoDB.',
    })
  })

  it('of the answer that it is HTML is not told beside a web page, but beside others', () => {
    openFreshPage('en')
    const { beside } = useFindingText()
    expect(beside(found('web_page', { contentType: 'text/html' }))).toEqual([])
    expect(beside(found('unreadable_answer', { contentType: 'text/plain' }))).toEqual([{ label: 'Type of the answer', value: 'text/plain' }])
  })

  it('that the sentence names is not repeated beside it, and one that is not known is not shown', () => {
    openFreshPage('en')
    const { beside } = useFindingText()
    const facts = { host: 'h', issuer: 'Corporate CA', subject: '*.example.com', validTo: TIME, errno: 'SELF_SIGNED_CERT_IN_CHAIN', proxy: 'http://p' }
    expect(beside(found('certificate_unknown_issuer', facts))).toEqual([
      { label: 'Certificate issued to', value: '*.example.com' }, { label: 'Certificate valid until', value: useTimeText().absolute(TIME) },
      { label: 'Error', value: 'SELF_SIGNED_CERT_IN_CHAIN' },
    ])
    expect(beside(found('certificate_expired', facts)).map(({ label }) => label)).toEqual(['Certificate issued by', 'Error'])
    expect(beside({ ...found('refused'), facts: { errno: null } })).toEqual([])
  })

  it('that is a number of no length of time stays one, whatever its size', () => {
    openFreshPage('en')
    expect(useFindingText().words(found('cut_answer', { host: 'h', bytes: 691_200 })).seen).toBe('The answer from h ended in the middle, after 691200 bytes.')
  })

  it('of somebody else is shown as it is, whatever a message would make of it', () => {
    openFreshPage('en')
    const title = '{host} | @:errors {0}'
    expect(useFindingText().words(found('web_page', { host: 'h', status: 200, title })).seen)
      .toBe(`A web page titled “${title}” came back in place of the answer from h (status 200).`)
  })
})

it('there is a text for every cause and every variant of one, and no other', () => {
  expect(FINDING_TEXTS).toEqual(TEXTS.map(({ text }) => text))
  expect(Object.keys(VARIANTS).filter(text => !FINDING_TEXTS.includes(text))).toEqual([])
})
