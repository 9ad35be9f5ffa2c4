import { useCookie, useRuntimeConfig } from '#imports'

const YEAR = 365 * 24 * 3600
const LONGEST = 64

/**
 * A cookie of ours that holds one word, kept for `maxAge` seconds (a year by default). Its value is untrusted: it is read as
 * text, never as JSON, and ignored if it does not decode or is too long.
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
