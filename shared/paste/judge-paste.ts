import type { Credential, LicenseKey } from '../credential.ts'
import { KEY_PREFIX, methodOfKey, TELLING_PREFIXES } from '../credential.ts'
import type { PasteCause } from './cause-of-text.ts'
import { causeOfText, countCredentials, countKeys, holdsInstanceId, isTokenPart, JSON_START } from './cause-of-text.ts'

/*
 * Decides what a person has pasted: a license key, a license token, or something by mistake. Only the form counts, and the
 * rules are the same on the screen and on the server, so that nothing but a key is ever sent as one.
 */

export interface PasteContext {
  /** This installation's own, which is no key. */
  instanceId: string
  /** The license in force is one about which nothing is ever sent, so only what is plainly a key may be. */
  silent: boolean
}

export type Judgement = { credential: Credential, cause: null } | { credential: null, cause: PasteCause }

const KEY = /^[\w-]{8,256}$/
const COMPACT_JWS = /^[\w-]+\.[\w-]+\.[\w-]+$/
/** Zero-width characters, soft hyphens, direction marks, variation selectors, BOM: what gets copied along unseen. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu
/** Hangul fillers: invisible by their Unicode property, but displayed as blanks. */
const FILLER = /[\u115f\u1160\u3164\uffa0]/g
/** They show text in an order other than its own. */
const DIRECTION_OVERRIDE = /[\u202d\u202e]/
/** 64 bytes in base64url: the length of a token's signature. */
const SIGNATURE_LENGTH = 86
/** What, other than white space, may stand between two copies of a key. */
const SEPARATORS = ['', '-', '_']

const LINE_BREAK = /\r\n|[\n\v\f\r\u2028\u2029]/
/** Mail programs do not break lines any earlier. */
const WRAPPED_AT = 60
/** How messages end. Each word has more than four letters, as a shorter one may well be the end of a key. */
const CLOSING = /^(?:regards|thanks|cheers|greetings|sincerely|danke|merci|cordialement|saludos|gracias|atentamente|obrigad[ao])$/i

/** The credential in a pasted text, with its method, or the cause if there is none. Checks no signature. */
export function judgePaste(pasted: string, context: PasteContext): Judgement {
  if (DIRECTION_OVERRIDE.test(pasted)) return refusal('hidden_character')
  const visible = pasted.replaceAll(FILLER, ' ').replaceAll('\u0085', '\n')
  const text = visible.replaceAll(INVISIBLE, '').trim()
  if (text === '') return refusal('empty')
  const compact = text.replaceAll(/\s/g, '')
  if (COMPACT_JWS.test(compact)) {
    if (hasWordsAround(text, compact)) return refusal(countCredentials(text) > 1 ? 'two_credentials' : 'words_around')
    return { credential: { method: 'offline', token: compact }, cause: null }
  }
  const key = unwrap(text)
  if (!KEY.test(key)) return refusal(causeOfText(text, compact, context.instanceId))
  const cause = countKeys(visible.trim().split(INVISIBLE)) > 1 ? 'two_credentials' : causeOfKey(key, context)
  if (!isLicenseKey(key, cause)) return refusal(cause ?? 'not_a_credential')
  return { credential: { method: methodOfKey(key), key }, cause: null }
}

function refusal(cause: PasteCause): Judgement {
  return { credential: null, cause }
}

/** A text is a key only if nothing speaks against it. */
function isLicenseKey(key: string, cause: PasteCause | null): key is LicenseKey {
  return cause === null && KEY.test(key)
}

/** Rejoins the lines of a wrapped key; any other white space stays. */
function unwrap(text: string): string {
  const lines = text.split(LINE_BREAK)
  return isWrapped(lines) ? lines.join('') : text
}

/** Only a long enough line is wrapped, and neither another key nor the end of a message continues one. */
function isWrapped(lines: readonly string[]): boolean {
  return lines.every((line, index) => index === 0 || !(line.startsWith(KEY_PREFIX) || CLOSING.test(line)))
    && lines.slice(0, -1).every(line => line.length >= WRAPPED_AT)
}

/** Without white space, a word before or after a token looks like part of it. */
function hasWordsAround(text: string, compact: string): boolean {
  if (!compact.startsWith(JSON_START)) {
    const [before = ''] = text.split(JSON_START, 1)
    return /\s/.test(before) && before !== text
  }
  const excess = (compact.split('.')[2] ?? '').length - SIGNATURE_LENGTH
  return excess > 0 && /\s/.test(text.charAt(text.length - lengthOfTail(text, excess) - 1))
}

/** The length of the end of the text that holds its last `count` characters other than white space. */
function lengthOfTail(text: string, count: number): number {
  let [length, found] = [0, 0]
  for (; found < count; length++) if (!/\s/.test(text.charAt(text.length - length - 1))) found++
  return length
}

/** What speaks against a text in the form of a key. Nothing ever does against a key made at random. */
function causeOfKey(key: string, { instanceId, silent }: PasteContext): PasteCause | null {
  if (holdsInstanceId(key, instanceId)) return 'instance_id_pasted'
  if (isRepeated(key)) return 'two_credentials'
  if (key.startsWith(KEY_PREFIX)) {
    if (TELLING_PREFIXES.some(prefix => key.includes(prefix, 1))) return 'two_credentials'
    return TELLING_PREFIXES.some(prefix => isCapitalised(key, prefix)) ? 'capitals' : null
  }
  // By its form first: one signature in three thousand has a prefix in it by chance.
  if (isTokenPart(key)) return 'part_of_token'
  if (key.includes(KEY_PREFIX)) return 'words_around'
  if (key.toLowerCase().startsWith(KEY_PREFIX)) return 'capitals'
  return silent ? 'offline_in_force' : null
}

/**
 * `nc_AG_…` is an airgapped key with capitals in its prefix, or a standard key whose random part begins like that: random
 * parts mix capitals and small letters.
 */
function isCapitalised(key: string, prefix: string): boolean {
  if (key.startsWith(prefix) || !key.toLowerCase().startsWith(prefix)) return false
  const rest = key.slice(prefix.length)
  return rest === rest.toLowerCase() || rest === rest.toUpperCase()
}

/** Whether the text is one key several times over, with the same separator or none in between. */
function isRepeated(text: string): boolean {
  return SEPARATORS.some((separator) => {
    const copies = text + separator
    const period = (copies + copies).indexOf(copies, 1)
    return period >= 8 + separator.length && period < copies.length
  })
}

/** Why a well-formed token does not verify, as far as its length can tell. */
export function causeOfBrokenToken(token: string): PasteCause {
  return (token.split('.')[2] ?? '').length < SIGNATURE_LENGTH ? 'token_cut' : 'token_changed'
}
