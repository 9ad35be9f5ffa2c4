import { hash } from '@node-rs/argon2'
import { describe, expect, it } from 'vitest'
import { createPasswords } from '../../../server/accounts/passwords.ts'
import { createHashingQueue } from '../../../server/accounts/hashing-queue.ts'
import { isUsablePassword } from '../../../shared/password.ts'

const passwords = createPasswords(createHashingQueue())
const COMPOSED = 'Käse für Zoë'.normalize('NFC')
const DECOMPOSED = COMPOSED.normalize('NFD')

describe('a password that may be set', () => {
  it.each([
    ['ten characters', 'correct ho'], ['256 characters', 'x'.repeat(256)], ['one character among spaces', `${' '.repeat(9)}x`],
    ['characters of two units each', '😀'.repeat(10)], ['256 of those', '😀'.repeat(256)], ['Arabic', 'كلمة المرور'],
    ['a decomposed one of 256 characters', 'é'.repeat(256).normalize('NFD')], ['an emoji of several', '👩‍👩‍👧‍👦👩‍👩‍👧‍👦'],
  ])('%s', (_what, text) => {
    expect(isUsablePassword(text)).toBe(true)
  })

  it.each([
    ['nothing', ''], ['nine characters', 'correct h'], ['257 characters', 'x'.repeat(257)], ['ten spaces', ' '.repeat(10)],
    ['tabs and line breaks', '\t\r\n\t\r\n\t\r\n\t\r\n'], ['no-break and ideographic spaces', '\u00a0\u3000\u2003\u00a0\u3000\u2003\u00a0\u3000\u2003\u00a0'],
    ['zero-width characters', '\u200b\u200c\u200d\u2060\ufeff\u200b\u200c\u200d\u2060\ufeff'], ['Hangul fillers', '\u3164'.repeat(10)],
    ['empty Braille', '\u2800'.repeat(10)], ['NUL', '\0'.repeat(10)], ['halves of characters', '\ud83d'.repeat(10)],
    ['nine characters typed as eighteen', 'éèêëéèêëé'.normalize('NFD')], ['five characters of two units', '😀'.repeat(5)],
  ])('not: %s', (_what, text) => {
    expect(isUsablePassword(text)).toBe(false)
  })
})

describe('comparing passwords', () => {
  it.each([['composed', COMPOSED], ['decomposed', DECOMPOSED]])('one that was set %s fits however it is typed', async (_how, set) => {
    const stored = await passwords.hash(set, 'a')
    expect(await passwords.verify(stored, COMPOSED, 'a')).toBe(true)
    expect(await passwords.verify(stored, DECOMPOSED, 'a')).toBe(true)
    expect(await passwords.verify(stored, 'Kase fur Zoe', 'a')).toBe(false)
  })

  it('a hash made of a decomposed password by an earlier version fits as it was typed then', async () => {
    expect(await passwords.verify(await hash(DECOMPOSED), DECOMPOSED, 'a')).toBe(true)
  })

  it('white space around a password is part of it', async () => {
    const stored = await passwords.hash(' correct horse ', 'a')
    expect(await passwords.verify(stored, 'correct horse', 'a')).toBe(false)
    expect(await passwords.verify(stored, ' correct horse ', 'a')).toBe(true)
  })

  it.each(['', 'x', '$argon2id$v=19$m=19456,t=2,p=1$abc', '$argon2id$v=19$m=1,t=0,p=1$YWFhYWFhYWFhYWE$YWFhYWFhYWFhYWE', '$2b$12$bcrypt'])(
    'nothing fits what is no hash: %j', async (stored) => {
      expect(await passwords.verify(stored, 'no account has this password', 'a')).toBe(false)
      expect(await passwords.verify(stored, stored, 'a')).toBe(false)
      expect(await passwords.isHash(stored, 'a')).toBe(false)
    })

  it('a hash is one whatever it was made of', async () => {
    expect(await passwords.isHash(await passwords.hash('correct horse', 'a'), 'a')).toBe(true)
  })

  it('nothing fits an account that is not there', async () => {
    expect(await passwords.verify(undefined, 'no account has this password', 'a')).toBe(false)
  })
})
