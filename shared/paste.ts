import type { Credential, LicenseKey } from './credential.ts'
import { AIRGAPPED_PREFIX, KEY_PREFIX } from './credential.ts'
import { causeOfText, countCredentials } from './paste-text.ts'
import type { PasteCause } from './paste-causes.ts'

/*
 * What a person pasted: a license key, a license token, or something that was pasted by mistake. Decided here, by the form
 * alone and by the same rules on the screen and on the server, so that nothing but a key is ever sent as one.
 */

export interface PasteContext {
  /** Of this installation: pasted, it is no key. */
  instanceId: string
  /** An offline license is in force: then nothing is sent that is not plainly a key. */
  offline: boolean
}

export type Judgement = { credential: Credential, cause: null } | { credential: null, cause: PasteCause }

const KEY = /^[\w-]{8,256}$/
const COMPACT_JWS = /^[\w-]+\.[\w-]+\.[\w-]+$/
/** Zero-width characters, soft hyphens, direction marks, variation selectors, BOM: what comes along unseen. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu
/** Show text in another order than it has. */
const DIRECTION_OVERRIDE = /[\u202d\u202e]/
const LINE_BREAK = /\r\n|[\n\v\f\r\u2028\u2029]/
/** Mail programs break lines no earlier. */
const WRAPPED_AT = 60
/** How everything begins that is a JSON object in base64url. */
const JSON_START = 'eyJ'
/** 64 bytes in base64url, as every signature of a token is: of its last character only four bits count. */
const SIGNATURE_LENGTH = 86
const SIGNATURE = /^[\w-]{85}[AQgw]$/

/** The credential in what was pasted, with its method, or the cause why there is none. No signature is checked here. */
export function judgePaste(pasted: string, context: PasteContext): Judgement {
  if (DIRECTION_OVERRIDE.test(pasted)) return refusal('hidden_character')
  const text = pasted.replaceAll(INVISIBLE, '').replaceAll('\u0085', '\n').trim()
  if (text === '') return refusal('empty')
  const compact = text.replaceAll(/\s/g, '')
  if (COMPACT_JWS.test(compact)) {
    if (hasWordsAround(text, compact)) return refusal(countCredentials(text) > 1 ? 'two_credentials' : 'words_around')
    return { credential: { method: 'offline', token: compact }, cause: null }
  }
  const key = unwrap(text)
  if (!KEY.test(key)) return refusal(causeOfText(text, compact, context.instanceId))
  const cause = causeOfKey(key, context)
  if (!isLicenseKey(key, cause)) return refusal(cause ?? 'not_a_credential')
  return { credential: { method: key.startsWith(AIRGAPPED_PREFIX) ? 'airgapped' : 'standard', key }, cause: null }
}

function refusal(cause: PasteCause): Judgement {
  return { credential: null, cause }
}

/** A key is one only where nothing speaks against it. */
function isLicenseKey(key: string, cause: PasteCause | null): key is LicenseKey {
  return cause === null && KEY.test(key)
}

/** Puts lines together again that are long enough to have been wrapped; any other white space is left. */
function unwrap(text: string): string {
  return text.split(LINE_BREAK).map((line, index, { length }) => line.length >= WRAPPED_AT || index === length - 1 ? line : `${line}\n`).join('')
}

/** Without its white space, a word before or after a token looks like a part of it. */
function hasWordsAround(text: string, compact: string): boolean {
  if (!compact.startsWith(JSON_START)) {
    const [before = ''] = text.split(JSON_START, 1)
    return /\s/.test(before) && before !== text
  }
  const excess = (compact.split('.')[2] ?? '').length - SIGNATURE_LENGTH
  return excess > 0 && /\s/.test(text.charAt(text.length - lengthOfTail(text, excess) - 1))
}

/** How long the end of the text is that holds the last `count` characters which are no white space. */
function lengthOfTail(text: string, count: number): number {
  let [length, found] = [0, 0]
  for (; found < count; length++) if (!/\s/.test(text.charAt(text.length - length - 1))) found++
  return length
}

/** What speaks against text that has the form of a key. A key that was made at random has none of it. */
function causeOfKey(key: string, { instanceId, offline }: PasteContext): PasteCause | null {
  if (key.toLowerCase() === instanceId) return 'instance_id_pasted'
  if (isRepeated(key)) return 'two_credentials'
  if (key.startsWith(KEY_PREFIX)) {
    if (key.includes(AIRGAPPED_PREFIX, 1)) return 'two_credentials'
    return hasCapitalPrefix(key) ? 'capitals' : null
  }
  if (key.includes(KEY_PREFIX)) return 'words_around'
  if (key.toLowerCase().startsWith(KEY_PREFIX)) return 'capitals'
  if (key.startsWith(JSON_START) || SIGNATURE.test(key)) return 'part_of_token'
  return offline ? 'offline_in_force' : null
}

/**
 * `nc_AG_…` is an airgapped key with capitals in its prefix, or a standard key whose random part begins like that: random
 * parts mix capitals and small letters.
 */
function hasCapitalPrefix(key: string): boolean {
  if (key.startsWith(AIRGAPPED_PREFIX) || !key.toLowerCase().startsWith(AIRGAPPED_PREFIX)) return false
  const rest = key.slice(AIRGAPPED_PREFIX.length)
  return rest === rest.toLowerCase() || rest === rest.toUpperCase()
}

/** Whether the text is one key, several times over. */
function isRepeated(text: string): boolean {
  const period = (text + text).indexOf(text, 1)
  return period >= 8 && period < text.length
}

/** Why a token that looks like one does not verify, as far as its length tells. */
export function causeOfBrokenToken(token: string): PasteCause {
  return (token.split('.')[2] ?? '').length < SIGNATURE_LENGTH ? 'token_cut' : 'token_changed'
}
