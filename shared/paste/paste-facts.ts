import type { FindingFacts } from '../findings.ts'

/* What can be said about a text that is no credential, without repeating it. */

/** Characters that change the order of others, or cannot be seen and are not left out anyway (`judgePaste`); not what ends a line. */
const HIDDEN = /[\u202d\u202e]|(?![\t\n\v\f\r\u0085]|\p{Default_Ignorable_Code_Point})[\p{Cc}\p{Cf}]/u
const NAMES: Readonly<Record<string, string>> = {
  '202d': 'LEFT-TO-RIGHT OVERRIDE', '202e': 'RIGHT-TO-LEFT OVERRIDE', '0': 'NULL', '1b': 'ESCAPE', '7f': 'DELETE',
}

/** Names the first hidden character of a text, and its position, counted from 1; nothing if there is none. */
export function factsOfPaste(text: string): FindingFacts {
  const characters = [...text]
  const index = characters.findIndex(each => HIDDEN.test(each))
  if (index < 0) return {}
  const code = (characters[index]?.codePointAt(0) ?? 0).toString(16)
  const name = NAMES[code]
  return { character: `U+${code.toUpperCase().padStart(4, '0')}${name ? ` ${name}` : ''}`, place: index + 1 }
}
