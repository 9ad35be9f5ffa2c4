import { describe, expect, it, test } from 'vitest'
import { createI18n } from 'vue-i18n'
import { LANGUAGES } from '../../../../app/words/languages.ts'
import plurals from '../../../../app/words/plurals.ts'
import { flattenMessages, readLocale } from '../../../support/app/locales.ts'

/* Every message as a person reads it, with real numbers and real values. */

const CODES = LANGUAGES.map(({ code }) => code)
const COUNTS = [0, 1, 2, 3, 5, 11, 21, 100]
const english = new Map(flattenMessages(readLocale('en')))
const namesIn = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
const isCounted = (text: string) => text.includes(' | ')
const COUNTED = [...english].filter(([, text]) => isCounted(text)).map(([key]) => key)

const translatorOf = (locale: string) => createI18n({ legacy: false, locale, messages: { [locale]: readLocale(locale) }, ...plurals }).global.t

/* CLDR's category says which words follow a number. What those words are: of units CLDR knows it, of the rest this table. */
const UNITS: Record<string, string> = {
  'states.grace.days': 'day', 'states.grace.hours': 'hour', 'states.grace.minutes': 'minute', 'states.grace.seconds': 'second', 'failure.retryAfter': 'second',
}
type Forms = Partial<Record<Intl.LDMLPluralRule, RegExp>>
const WORDS: Record<string, Record<string, Forms>> = {
  'warnings.CHECK_IN_FAILING.title': {
    'en': { one: /check-in failed/, other: /check-ins have failed/ }, 'de': { one: /ist 1 Check-in /, other: /sind \d+ Check-ins / },
    'fr': { one: /vérification en ligne a échoué/, other: /vérifications en ligne ont échoué/ },
    'es': { one: /comprobación fallida/, other: /comprobaciones fallidas/ }, 'pt-BR': { one: /check-in falhou/, other: /check-ins falharam/ },
    'ja': { other: /回/ }, 'zh-CN': { other: /次/ },
    'ar': { zero: /لم يفشل/, one: /مرة واحدة/, two: /مرتين/, few: /مرات/, many: /مرة/, other: /مرة/ },
  },
  'activity.times': {
    'en': { one: / time /, other: / times / }, 'de': { one: /-mal /, other: /-mal / }, 'fr': { one: / fois /, other: / fois / },
    'es': { one: / vez /, other: / veces / }, 'pt-BR': { one: / vez /, other: / vezes / }, 'ja': { other: /回/ }, 'zh-CN': { other: /次/ },
    'ar': { zero: /لا شيء/, one: /مرة واحدة/, two: /مرتان/, few: /مرات/, many: /مرة/, other: /مرة/ },
  },
}
/* Numbers that Arabic says without digits: none, and the dual after a preposition, which CLDR has in the nominative only. */
const ARABIC: Record<string, Forms> = {
  'failure.retryAfter': { zero: /الآن/, two: /ثانيتين/ }, 'states.grace.days': { zero: /أي يوم/ }, 'states.grace.hours': { zero: /أي ساعة/ },
  'states.grace.minutes': { zero: /أي دقيقة/ }, 'states.grace.seconds': { zero: /أي ثانية/ },
}

/* Names that a language says again where English has "they" or "their". */
const NAMED_AGAIN: Record<string, Record<string, readonly string[]>> = {
  'ja': { 'finding.dns_silent.do': ['DNS'], 'finding.dns_silent_failed.do': ['DNS'] },
  'zh-CN': { 'finding.dns_silent.do': ['DNS'], 'finding.dns_silent_failed.do': ['DNS'] },
}

/** The word that CLDR puts after this number of units, as a word of its own. */
function unitWord(locale: string, unit: string, count: number): RegExp {
  const parts = new Intl.NumberFormat(locale === 'ar' ? 'ar-u-nu-latn' : locale, { style: 'unit', unit, unitDisplay: 'long' }).formatToParts(count)
  const word = parts.filter(({ type }) => type === 'unit').map(({ value }) => value.trim()).join('')
  // Chinese may leave out the second half of its word for a second.
  return ['ja', 'zh-CN'].includes(locale) ? new RegExp(word.replace(/^秒钟$/, '秒')) : new RegExp(`(?<!\\p{L})${word}(?!\\p{L})`, 'u')
}

describe.each(CODES)('in %s', (locale) => {
  const t = translatorOf(locale)
  const messages = new Map(flattenMessages(readLocale(locale)))
  const categoryOf = (count: number) => new Intl.PluralRules(locale).select(count)

  it.each(COUNTED)('%s has the words that go with its number, 0 to 100', (key) => {
    const values = Object.fromEntries(namesIn(english.get(key) ?? '').map(name => [name, `<${name}>`]))
    for (const count of COUNTS) {
      const text = t(key, { ...values, n: count }, count)
      const category = categoryOf(count)
      // French, Spanish and Portuguese have a form for millions, which nothing here counts up to.
      const own = locale === 'ar' ? ARABIC[key]?.[category] : undefined
      const unit = UNITS[key]
      expect(text, `${count} (${category})`).toMatch(own ?? (unit ? unitWord(locale, unit, count) : WORDS[key]?.[locale]?.[category] ?? /no such words/))
      const isInWords = (locale === 'ar' && count <= 2) || (locale === 'en' && key === 'warnings.CHECK_IN_FAILING.title' && count === 1)
      if (!isInWords) expect(text).toMatch(new RegExp(`(?<!\\d)${count}(?!\\d)`))
    }
  })

  it('every message shows each value it is given, once or more, and nothing of its making', () => {
    for (const [key, source] of english) {
      const names = [...new Set([...namesIn(source), 'n'])]
      const values = Object.fromEntries(names.map((name, at) => [name, name === 'n' ? 5 : `value-${at}`]))
      const text = t(key, values, 5)
      expect(text, key).not.toMatch(/[{}]|\s\|\s|undefined|null|\[object|NaN|@:|\s{2}/)
      if (key !== 'common.colon') expect(text, key).toBe(text.trim())
      expect(text, key).not.toBe(key)
      for (const name of namesIn(source.split(' | ').at(-1) ?? '')) expect(text, `${key}, in place of {${name}}`).toContain(String(values[name]))
    }
  })

  it('digits are Latin, as those of dates and IDs beside them', () => {
    expect([...messages].filter(([, text]) => /[٠-٩۰-۹０-９]/.test(text))).toEqual([])
  })

  it('names of variables, addresses, paths and files stand in the very messages that have them in English', () => {
    const literals = (text = '') => [...new Set([...text.matchAll(/NC_[A-Z_]+[A-Z]|\b[A-Z]+_[A-Z_]+[A-Z]\b|nc_(?:[a-z]+_)?|https:\/\/[\w./-]+\w|\b[\w-]+(?:\.[\w-]+)*\.(?:com|json)\b|\/api\/[\w/.]*\w|\b(?:DNS|TLS|PEM)\b|\b(?:443|16)\b/g)]
      .map(([literal]) => literal))].toSorted()
    for (const [key, source] of english) {
      const expected = [...literals(source), ...NAMED_AGAIN[locale]?.[key] ?? []].toSorted()
      expect([key, literals(messages.get(key)?.replaceAll(/[。、，]/g, ' '))]).toEqual([key, expected])
    }
  })
})

/*
 * Which value stands first in a sentence of several. Two of them the other way round make a sentence that looks right and says
 * something false; so whoever turns one around says so here, having read it.
 */
const ORDER: Record<string, string> = {
  'common.listed': 'name value', 'common.twoSentences': 'first second', 'status.sentence.grace': 'last grace',
  'warnings.CLOCK_BEHIND.text': 'wall trusted', 'warnings.CLOCK_AHEAD.text': 'wall trusted', 'warnings.SEATS_EXCEEDED.text': 'used seats',
  'banner.expires': 'relative date', 'banner.grace': 'relative date', 'time.stripText': 'good failed none', 'time.day': 'day good failed',
  'preview.replaces': 'method key', 'preview.instead': 'next current', 'details.seatsOf': 'used seats', 'renewal.icsText': 'instance expires do', 'renewal.icsRenewsText': 'instance expires', 'previous.offer': 'method expires until', 'activity.times': 'n first',
  'access.roleChanged': 'email role', 'credential.savedShorter': 'expires before', 'whatIf.first.offThenOn': 'stops starts', 'whatIf.line': 'from until states',
  'finding.refused.seen': 'host port', 'finding.refused.do': 'host port', 'finding.no_route.seen': 'host port', 'finding.no_route.do': 'host port',
  'finding.refused_configured.seen': 'host port', 'finding.no_route_configured.seen': 'host port', 'finding.dropped_configured.seen': 'host port seconds',
  'finding.dropped_configured.do': 'host port', 'finding.not_a_license_server_configured.seen': 'url status', 'finding.dropped.seen': 'host port seconds', 'finding.dropped.do': 'host port', 'finding.handshake_cut.seen': 'host port', 'finding.not_tls.seen': 'host port',
  'finding.tls_version.seen': 'host version', 'finding.certificate_expired.seen': 'host subject validTo clock',
  'finding.certificate_not_yet_valid.seen': 'host subject validFrom clock', 'finding.certificate_self_signed.seen': 'host subject',
  'finding.certificate_other_name.seen': 'host names', 'finding.certificate_unknown_issuer.seen': 'host issuer', 'finding.certificate_invalid.seen': 'host errno',
  'finding.proxy_silent.seen': 'proxy seconds', 'finding.proxy_forbids.seen': 'proxy host status', 'finding.proxy_forbids.do': 'host port',
  'finding.proxy_cannot_reach.seen': 'proxy host status', 'finding.proxy_cannot_reach.do': 'host port', 'finding.no_answer.seen': 'host seconds',
  'finding.no_answer_handshake.seen': 'host seconds', 'finding.no_answer_plain.seen': 'host seconds', 'finding.reset_while_receiving.seen': 'host bytes',
  'finding.stalled_while_receiving.seen': 'host seconds bytes', 'finding.cut_answer.seen': 'host bytes', 'finding.web_page.seen': 'host status',
  'finding.web_page_titled.seen': 'title host status', 'finding.redirect.seen': 'host target', 'finding.redirect_nowhere.seen': 'host status', 'finding.proxy_login_unknown.seen': 'host status', 'finding.not_a_license_server.seen': 'url status',
  'finding.server_error.seen': 'host status', 'finding.server_error_foreign.seen': 'host status', 'finding.rate_limited_until.seen': 'host retryAt',
  'finding.signer_unknown.seen': 'host kid', 'finding.hidden_character.seen': 'character place', 'finding.other_installation.seen': 'found expected',
  'finding.not_yet_valid.seen': 'startsAt clock', 'finding.clock_ahead.seen': 'difference clock trusted', 'finding.clock_ahead_zone.seen': 'difference clock trusted',
  'finding.clock_ahead_ended.seen': 'expiresAt difference clock trusted', 'finding.clock_ahead_perhaps.seen': 'clock trusted',
  'finding.clock_behind.seen': 'difference clock trusted', 'finding.clock_behind_zone.seen': 'difference clock trusted',
}
/* In some languages the place comes before what is there, and what was asked before what came instead. */
const PLACE_FIRST = { 'finding.hidden_character.seen': 'place character' }
const ASKED_FIRST = { 'finding.web_page_titled.seen': 'host title status' }
const TURNED_AROUND: Record<string, Record<string, string>> = {
  'ja': { ...PLACE_FIRST, ...ASKED_FIRST, 'warnings.SEATS_EXCEEDED.text': 'seats used', 'details.seatsOf': 'seats used', 'activity.times': 'first n', 'warnings.CHECK_IN_FAILING.title': 'since n' },
  'zh-CN': { ...PLACE_FIRST, 'activity.times': 'first n', 'warnings.CHECK_IN_FAILING.title': 'since n' },
  'fr': { 'warnings.CHECK_IN_FAILING.title': 'n since' }, 'es': { ...ASKED_FIRST, 'warnings.CHECK_IN_FAILING.title': 'n since' },
  'pt-BR': { ...ASKED_FIRST, 'warnings.CHECK_IN_FAILING.title': 'n since' },
  'de': { ...PLACE_FIRST, ...ASKED_FIRST, 'finding.not_tls.seen': 'port host', 'warnings.CHECK_IN_FAILING.title': 'since n' },
  'ar': { 'warnings.CHECK_IN_FAILING.title': 'n since' }, 'en': { 'warnings.CHECK_IN_FAILING.title': 'n since' },
}
test.each(CODES)('in %s the values of a sentence stand where they belong', (locale) => {
  const messages = new Map(flattenMessages(readLocale(locale)))
  const found = [...messages].flatMap(([key, text]) => {
    const names = [...new Set(namesIn(text.split(' | ').at(-1) ?? ''))]
    return names.length > 1 ? [[key, names.join(' ')]] : []
  })
  expect(Object.fromEntries(found)).toEqual({ ...ORDER, ...TURNED_AROUND[locale] })
})
