import { maskKey } from '../credential.ts'
import { KEY_IN_TEXT, TOKEN_IN_TEXT, WORD_BREAK } from './cause-of-text.ts'
import type { PasteContext } from './judge-paste.ts'
import { judgePaste } from './judge-paste.ts'

export interface Offer {
  text: string
  /** How people are shown it. */
  shown: string
}

/** The one credential among other words, if there is exactly one and it could be used; null otherwise. */
export function credentialIn(pasted: string, context: PasteContext): Offer | null {
  const keys = pasted.split(WORD_BREAK).filter(word => KEY_IN_TEXT.test(word))
  const [text, ...others] = new Set([...keys, ...pasted.match(TOKEN_IN_TEXT) ?? []])
  if (text === undefined || others.length > 0) return null
  const { credential } = judgePaste(text, context)
  if (!credential) return null
  return { text, shown: 'key' in credential ? maskKey(text) : `${text.slice(0, 3)}…${text.slice(-4)}` }
}
