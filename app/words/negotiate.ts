import type { LanguageCode } from './languages.ts'
import { LANGUAGES, languageOf } from './languages.ts'

/** More languages than anybody reads; a header may list thousands. */
const MOST = 32

/** The language chosen on the screen, else the browser's best match (RFC 9110 §12.5.4), else English. Nonsense is ignored. */
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

/** The language without its region: readers of European Portuguese prefer Brazilian to English. */
const primaryOf = (tag: string) => tag.toLowerCase().split('-', 1)[0]

/** Language tags in lower case, the most preferred first. */
function preferencesIn(header: string): string[] {
  return header.toLowerCase().split(',', MOST)
    .flatMap((part) => {
      const [, tag, weight = '1'] = /^\s*([a-z]{1,8}(?:-[a-z0-9]{1,8})*)\s*(?:;\s*q=([01](?:\.\d{0,3})?)\s*)?$/.exec(part) ?? []
      return tag !== undefined && Number(weight) > 0 ? [{ tag, weight: Number(weight) }] : []
    })
    .toSorted((one, other) => other.weight - one.weight)
    .map(({ tag }) => tag)
}
