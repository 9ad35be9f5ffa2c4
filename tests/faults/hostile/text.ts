import type { Dice } from './dice.ts'
import { genuineToken } from './genuine.ts'
import type { Mutation } from './mutation.ts'
import { mutation } from './mutation.ts'

const MALFORMED = 'CREDENTIAL_MALFORMED'
const INVISIBLE = [' ', '\t', '\n', '\r', '\v', '\f', '\u00a0', '\u1680', '\u180e', '\u2000', '\u2003', '\u200a', '\u200b', '\u200c', '\u200d', '\u2028', '\u2029', '\u202f', '\u205f', '\u2060', '\u3000', '\ufeff',
  '\u0085', '\u00ad', '\u034f', '\u061c', '\u200e', '\u200f', '\u202a', '\u2061', '\u2064', '\u2066', '\u2069', '\u206f', '\ufe0f', '\u{e0001}', '\u{e0041}'] as const
/** One of every kind of character that is none of a credential, can be seen or changes what is seen, and is no white space. */
const FOREIGN = [
  '\u0000', '\u0001', '\u0007', '\u001b[31m', '\u007f', '\u202d', '\u202e', '\u0301',
  '\ud800', '\udc00', '\ufffd', '\uffff', '\u{10ffff}', '💥', '👩‍👩‍👧', '🇩🇪', 'é', 'ß', 'ſ', 'ı', 'İ', '\u212a', '中', 'ｎ', '０', '𝐧', '①', '²', '٣', '߃', 'ﬁ', 'ا', 'ב', '\ue000',
  '<', '>', '&', '"', '\'', '`', '/', '\\', '+', '=', '%', '$', '{', '}', '(', ')', '[', ']', '*', '?', '!', '@', '#', '^', '|', '~', ',', ';', ':',
] as const
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_'
const HOMOGLYPHS: Readonly<Record<string, readonly [string, ...string[]]>> = { n: ['ո', 'ｎ', 'п'], c: ['с', 'ϲ', 'ｃ'], a: ['а', 'ａ', 'ɑ'], g: ['ɡ', 'ｇ', 'ց'], _: ['＿', 'ˍ', '‿'] }

const many = (dice: Dice, from: string | readonly string[], least: number, most: number) =>
  Array.from({ length: dice.int(least, most) }, () => dice.pick([...from])).join('')
const keyOf = (dice: Dice) => dice.pick(['nc_', 'nc_ag_', '']) + many(dice, LETTERS.slice(0, 26), 8, 40)

/** F01: nothing in it. */
export const empty: readonly Mutation[] = [
  mutation('only white space and zero-width characters', MALFORMED, dice => many(dice, INVISIBLE, 0, 60)),
  mutation('only dots', MALFORMED, dice => many(dice, [...INVISIBLE, '.'], 0, 12)),
  mutation('too short', MALFORMED, dice => many(dice, LETTERS, 1, 7) + many(dice, INVISIBLE, 0, 20)),
]

/** F03: characters and prefixes that no credential has. */
export const foreignText: readonly Mutation[] = [
  mutation('a foreign character in a token', MALFORMED, (dice, target) => {
    const token = genuineToken(dice, target)
    const at = dice.int(0, token.length)
    return token.slice(0, at) + dice.pick(FOREIGN) + token.slice(at)
  }),
  mutation('a foreign character in a key', MALFORMED, (dice) => {
    const key = keyOf(dice)
    const at = dice.int(0, key.length)
    return key.slice(0, at) + dice.pick(FOREIGN) + key.slice(at)
  }),
  mutation('a prefix in other letter case', MALFORMED, (dice) => {
    const prefix = dice.pick(['NC_AG_', 'Nc_ag_', 'nC_ag_', 'nc_AG_', 'nc_aG_', 'nc_Ag_', 'NC_', 'Nc_', 'nC_', 'NC_ag_'])
    return prefix + many(dice, LETTERS.slice(0, 26), 8, 40)
  }),
  mutation('a prefix of look-alikes', MALFORMED, (dice) => {
    const letters = [...dice.pick(['nc_ag_', 'nc_'])]
    const at = dice.int(0, letters.length - 1)
    letters[at] = dice.pick(HOMOGLYPHS[letters[at] ?? 'n'] ?? ['ո'])
    return letters.join('') + many(dice, LETTERS, 8, 40)
  }),
  mutation('any characters at all', MALFORMED, dice => many(dice, FOREIGN, 1, 30) + many(dice, [...FOREIGN, ...LETTERS], 0, 60)),
  mutation('a key that is too long', MALFORMED, dice => keyOf(dice) + many(dice, LETTERS, 257, 400)),
]
