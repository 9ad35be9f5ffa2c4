import { useCookie, useRuntimeConfig } from '#imports'

const YEAR = 365 * 24 * 3600
const LONGEST = 64

/**
 * A cookie of ours that holds a word, kept for a year unless `maxAge` (seconds) says otherwise. What comes in one is anybody's
 * choice: it is read as text, never as JSON, and what does not decode or is too long is none.
 */
export function useTextCookie(name: string, maxAge = YEAR) {
  return useCookie<string | undefined>(name, {
    maxAge, sameSite: 'lax', path: useRuntimeConfig().app.baseURL, decode: decodeWord, encode: (word: string | undefined) => encodeURIComponent(word ?? ''),
  })
}

function decodeWord(value: string): string | undefined {
  try {
    const word = decodeURIComponent(value)
    return word.length > LONGEST ? undefined : word
  }
  catch {
    return undefined
  }
}
