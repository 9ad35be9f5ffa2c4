/* Why a text that has the form of neither a key nor a token was pasted: the most telling sign comes first. */

/** What can be wrong with text that was pasted as a credential; each has a sentence and a remedy on the screen. */
export const PASTE_CAUSES = [
  'empty', 'words_around', 'two_credentials', 'part_of_token', 'token_cut', 'token_changed', 'instance_id_pasted',
  'request_pasted', 'masked_key_pasted', 'capitals', 'quotes_around', 'hidden_character', 'wrong_encoding', 'offline_in_force',
  'not_a_credential',
] as const
export type PasteCause = (typeof PASTE_CAUSES)[number]

export function isPasteCause(value: unknown): value is PasteCause {
  return PASTE_CAUSES.some(cause => cause === value)
}

export const WORD_BREAK = /[^\w-]+/
export const TOKEN_IN_TEXT = /(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}/g
/** A key as issued, with a prefix. */
export const KEY_IN_TEXT = /^nc_[\w-]{5,253}$/
/** The dots, bullets and asterisks that keys are masked with. */
const MASKED = /[•●∙*…]{2}/
const REQUEST_LINES = ['Instance ID:', 'License key:', 'Version:']
/** Quotation marks and brackets of any script, and what shells and e-mails put around a text. */
const ENCLOSING = /[\p{Quotation_Mark}\p{Open_Punctuation}\p{Close_Punctuation}`<>]/u
const KEY = /^[\w-]{8,256}$/
const COMPACT_JWS = /^[\w-]+\.[\w-]+\.[\w-]+$/
/** NUL and replacement characters from UTF-16 read as something else, a BOM read as Latin-1, escapes and soft line breaks not undone. */
const GARBLED = /[\0\ufffd]|^(?:ï»¿|ÿþ|þÿ)|\\[nrtu]|=[ \t]*[\r\n]|=3D/
const CONTROL = /[\p{Cc}\p{Cf}]/u

/** The cause for a text that is neither. `compact` is the same text without white space. */
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

/** Finds the Instance ID however it is written: in capitals, with the hyphens of a UUID, with a label glued to it. */
export function holdsInstanceId(text: string, instanceId: string): boolean {
  return instanceId !== '' && text.toLowerCase().replaceAll(/[-_]/g, '').includes(instanceId)
}

export function countCredentials(text: string): number {
  return countKeys(text.split(WORD_BREAK)) + (text.match(TOKEN_IN_TEXT)?.length ?? 0)
}

/** How many of these words are keys as issued, with a prefix. */
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

/* How to recognise part of a token that was pasted without the rest. */

/** How any JSON object begins in base64url. */
export const JSON_START = 'eyJ'
/** A token's signature is 64 bytes in base64url, so its last character carries only two bits. */
const SIGNATURE = /^[\w-]{85}[AQgw]$/
/** The start of a token, with what gets copied along when the selection begins too early. */
const SHORT_PREFIX = /^(?:[Bb]earer|[Tt]oken|JWT|jwt)?[-_]*eyJ/
const READABLE = /[\x20-\x7e]{12,}/g
/** What joins names, values and members in an object. */
const JSON_SEAM = /":[ "{[\dtfn-]|", ?"/
/** This many readable characters in a row are no coincidence, however long the text. */
const CERTAIN = 24

/** Whether this is the header, the payload or the signature of a token, or a piece of the first two. */
export function isTokenPart(text: string): boolean {
  return SHORT_PREFIX.test(text) || SIGNATURE.test(text) || [0, 1, 2, 3].some(offset => holdsJson(decode(text.slice(offset))))
}

/** Random bytes are readable in places too: in a short text, one run must make up half of it and hold a seam. */
function holdsJson(decoded: string): boolean {
  const enough = Math.min(CERTAIN, decoded.length / 2)
  return (decoded.match(READABLE) ?? []).some(run => run.length >= enough && JSON_SEAM.test(run))
}

/** Decodes all whole groups of four characters, to one character per byte; empty if the text is not base64url. */
function decode(text: string): string {
  if (!/^[\w-]*$/.test(text)) return ''
  return atob(text.slice(0, text.length - text.length % 4).replaceAll('-', '+').replaceAll('_', '/'))
}
