import type { PasteCause } from './paste-causes.ts'
import { isTokenPart } from './token-parts.ts'

/* What text is that has neither the form of a key nor that of a token: the most telling sign first. */

const WORD_BREAK = /[^\w-]+/
const TOKEN_IN_TEXT = /(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}/g
const KEY_IN_TEXT = /^nc_[\w-]{5,253}$/
/** Dots, bullets and asterisks, as keys are masked with. */
const MASKED = /[•●∙*…]{2}/
const REQUEST_LINES = ['Instance ID:', 'License key:', 'Version:']
/** Quotation marks and brackets of any script, and what a shell or a mail puts around. */
const ENCLOSING = /[\p{Quotation_Mark}\p{Open_Punctuation}\p{Close_Punctuation}`<>]/u
const KEY = /^[\w-]{8,256}$/
const COMPACT_JWS = /^[\w-]+\.[\w-]+\.[\w-]+$/
/** NUL and replacement characters of UTF-16 read as something else, a BOM read as Latin-1, escapes and soft line ends left as they were. */
const GARBLED = /[\0\ufffd]|^(?:ï»¿|ÿþ|þÿ)|\\[nrtu]|=[ \t]*[\r\n]|=3D/
const CONTROL = /[\p{Cc}\p{Cf}]/u

export function causeOfText(text: string, compact: string, instanceId: string): PasteCause {
  if (GARBLED.test(text) || !text.isWellFormed()) return 'wrong_encoding'
  if (REQUEST_LINES.every(line => text.includes(line))) return 'request_pasted'
  const credentials = countCredentials(text)
  if (credentials > 1) return 'two_credentials'
  if (credentials === 0 && MASKED.test(text)) return 'masked_key_pasted'
  if (credentials === 0 && holdsInstanceId(text, instanceId)) return 'instance_id_pasted'
  if (isEnclosed(text)) return 'quotes_around'
  return causeOfParts(text, compact)
}

function causeOfParts(text: string, compact: string): PasteCause {
  const parts = compact.split('.').filter(part => part !== '')
  const isToken = /^[\w.-]+$/.test(compact)
  if (isToken && parts.length > 3 && compact.startsWith('eyJ')) return 'two_credentials'
  if (isToken && parts.length < 3 && parts.some(isTokenPart)) return 'part_of_token'
  if (/\s/.test(text) && !compact.startsWith('eyJ')) return 'words_around'
  if (text.indexOf('nc_') > 0) return 'words_around'
  if (compact.startsWith('eyJ')) return parts.length < 3 ? 'part_of_token' : 'token_changed'
  return CONTROL.test(text.replaceAll(/\s/g, '')) ? 'hidden_character' : 'not_a_credential'
}

/** However it is written: in capitals, with the hyphens of a UUID, with a label glued to it. */
export function holdsInstanceId(text: string, instanceId: string): boolean {
  return instanceId !== '' && text.toLowerCase().replaceAll(/[-_]/g, '').includes(instanceId)
}

export function countCredentials(text: string): number {
  return countKeys(text.split(WORD_BREAK)) + (text.match(TOKEN_IN_TEXT)?.length ?? 0)
}

/** How many of these words are keys with a prefix, as they are issued. */
export function countKeys(words: readonly string[]): number {
  return words.filter(word => KEY_IN_TEXT.test(word)).length
}

function isEnclosed(text: string): boolean {
  const characters = [...text]
  const start = characters.findIndex(character => !ENCLOSING.test(character))
  const end = characters.findLastIndex(character => !ENCLOSING.test(character))
  const enclosed = characters.slice(start, end + 1).join('')
  return enclosed !== text && (KEY.test(enclosed) || COMPACT_JWS.test(enclosed.replaceAll(/\s/g, '')))
}
