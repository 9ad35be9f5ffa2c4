import { createCipheriv } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { judgePaste } from '../../../shared/paste/judge-paste.ts'
import { INSTANCE } from '../../support/claims.ts'
import { newKey } from '../../support/vendor/new-key.ts'

/* A key that was made at random is never refused. The same keys in every run: a stream of a fixed seed. */

const COUNT = 1_000_000
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** Random numbers from 0 to 255 as AES makes them of a counter. */
function createStream(seed: number): () => number {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16, seed), Buffer.alloc(16))
  let [block, at] = [Buffer.alloc(0), 0]
  return () => {
    if (at === block.length) [block, at] = [cipher.update(Buffer.alloc(65_536)), 0]
    return block[at++] ?? 0
  }
}

function textOf(next: () => number, length: number): string {
  let text = ''
  while (text.length < length) text += ALPHABET.charAt(next() & 63)
  return text
}

function refusedOf(count: number, make: () => string, method: string | null, silent: boolean): string[] {
  const refused: string[] = []
  for (let n = 0; n < count; n++) {
    const key = make()
    const { credential } = judgePaste(key, { instanceId: INSTANCE, silent })
    if (!credential || (method !== null && credential.method !== method)) refused.push(key)
  }
  return refused
}

/** What is refused by its name, wherever it comes from: of text without a prefix alone. */
const NAMED = /nc_|^[Nn][Cc]_|^(?:[Bb]earer|[Tt]oken|JWT|jwt)?[-_]*eyJ|^[\w-]{85}[AQgw]$/

describe('random keys', { timeout: 120_000 }, () => {
  it(`F03: of ${COUNT} that begin with nc_ none is refused, as they are issued: 24 characters in base64url`, () => {
    const next = createStream(1)
    expect(refusedOf(COUNT, () => `nc_${textOf(next, 24)}`, null, true)).toEqual([])
  })

  it(`F03: of ${COUNT} that begin with nc_ag_ none is refused, or taken for another method`, () => {
    const next = createStream(2)
    expect(refusedOf(COUNT, () => `nc_ag_${textOf(next, 24)}`, 'airgapped', true)).toEqual([])
  })

  it(`F03: of ${COUNT / 4} without a prefix, of 8 to 256 characters, none is refused but by a name`, () => {
    const next = createStream(3)
    const make = () => {
      for (;;) {
        const key = textOf(next, 8 + next() % 249)
        if (!NAMED.test(key)) return key
      }
    }
    expect(refusedOf(COUNT / 4, make, 'standard', false)).toEqual([])
  })

  it('a key that the sandbox license server makes has the prefix of its method, whatever the rest begins with', () => {
    const texts = ['ag_bcdefghijklmnopqrstuv', 'ag_xxxxxxxxxxxxxxxxxxxxx', 'another']
    expect(newKey('standard', () => texts.shift() ?? '')).toBe('nc_another')
    expect(newKey('airgapped', () => 'ag_b')).toBe('nc_ag_ag_b')
  })
})
