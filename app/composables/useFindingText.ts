import { useI18n } from '#imports'
import { durationText } from '#shared/duration'
import { isErrorCode } from '#shared/errors'
import type { FactName, Finding } from '#shared/findings'
import { FINDING_CAUSES, isDatabaseTrouble, isFindingCause, textOf } from '#shared/findings'
import { useTimeText } from './useTimeText'

const ISO_TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/

/** Facts worth a line of their own where the sentence does not name them, in the order in which they are shown. */
const BESIDE = [
  'address', 'resolvers', 'user', 'server', 'contentType', 'subject', 'issuer', 'validFrom', 'validTo', 'promised', 'member', 'errno',
] as const satisfies readonly FactName[]

/** Puts findings into words: the same wherever one is shown. */
export function useFindingText() {
  const { t, locale } = useI18n()
  const time = useTimeText()

  function show(name: string, value: string | number | null | undefined): string {
    if (typeof value === 'number' && name === 'difference') return durationText(value, locale.value === 'ar' ? 'ar-u-nu-latn' : locale.value)
    return ISO_TIME.test(String(value)) ? time.absolute(String(value)) : String(value ?? '?')
  }
  /** What was seen and what to do, in a sentence or a few each. */
  function words(finding: Finding) {
    // A page that was opened before an upgrade may meet a cause of the new version.
    if (!isFindingCause(finding.cause)) return general(finding)
    const facts = Object.fromEntries(Object.entries(finding.facts).map(([name, value]) => [name, show(name, value)]))
    const named = Object.fromEntries(FINDING_CAUSES[finding.cause].facts.map(name => [name, facts[name] ?? '?']))
    const values = { ...named, ...facts }
    const text = textOf(finding)
    const seen = t(`finding.${text}.seen`, values)
    // A deadline that has passed is none: the features may be off by now.
    const { until } = finding.facts
    const isAhead = typeof until === 'string' && Date.parse(until) > time.now.value
    const remedy = t(`finding.${text}.do`, values)
    return {
      seen: isAhead ? t('common.twoSentences', { first: seen, second: t('findings.until', { until: show('until', until) }) }) : seen,
      do: isDatabaseTrouble(finding) ? t('common.twoSentences', { first: remedy, second: t('findings.unsaved') }) : remedy,
    }
  }
  /** What the code means in general. */
  function general({ code, reference }: Pick<Finding, 'code' | 'reference'>) {
    return isErrorCode(code) ? { seen: t(`errors.${code}.means`), do: t(`errors.${code}.do`) } : { seen: reference, do: '' }
  }
  /** What else was observed, with labels. */
  function beside(finding: Finding) {
    if (!isFindingCause(finding.cause)) return []
    // That a web page came is what was seen.
    const told: readonly FactName[] = [...FINDING_CAUSES[finding.cause].facts, ...(finding.cause === 'web_page' ? ['contentType' as const] : [])]
    return BESIDE.flatMap((name) => {
      const value = finding.facts[name]
      return value === undefined || value === null || told.includes(name) ? [] : [{ label: t(`fact.${name}`), value: show(name, value) }]
    })
  }
  return { words, beside }
}
