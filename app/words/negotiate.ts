import type { LanguageCode } from './languages.ts'
import { LANGUAGES, languageOf } from './languages.ts'

/** More than anyone reads; a header may hold thousands. */
const MOST = 32

/** What was chosen on the screen, else what the browser asks for (RFC 9110 §12.5.4), else English. Nonsense counts as absent. */
export function negotiateLanguage(chosen: string | undefined, acceptLanguage: string | undefined): LanguageCode {
  const known = languageOf(chosen)
  if (known) return known.code
  for (const tag of preferencesIn(acceptLanguage ?? '')) {
    const found = LANGUAGES.find(({ code }) => code.toLowerCase() === tag)
      ?? LANGUAGES.find(({ code }) => primaryOf(code) === primaryOf(tag))
    if (found) return found.code
  }
  return LANGUAGES[0].code
}

/** The language without its region: who reads European Portuguese reads Brazilian rather than English. */
const primaryOf = (tag: string) => tag.toLowerCase().split('-', 1)[0]

/** Language tags in lower case, the dearest first. */
function preferencesIn(header: string): string[] {
  return header.toLowerCase().split(',', MOST)
    .flatMap((part) => {
      const [, tag, weight = '1'] = /^\s*([a-z]{1,8}(?:-[a-z0-9]{1,8})*)\s*(?:;\s*q=([01](?:\.\d{0,3})?)\s*)?$/.exec(part) ?? []
      return tag !== undefined && Number(weight) > 0 ? [{ tag, weight: Number(weight) }] : []
    })
    .toSorted((one, other) => other.weight - one.weight)
    .map(({ tag }) => tag)
}
