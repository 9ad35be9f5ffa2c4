import { describe, expect, it } from 'vitest'
import { createRefusedTokens } from '../../../server/http/refused-tokens.ts'

function createTold() {
  const lines: [string, Record<string, unknown> | undefined][] = []
  const ignore = () => undefined
  const tokens = createRefusedTokens({ info: ignore, error: ignore, warn: (message, fields) => void lines.push([message, fields]) })
  const note = (address: string) => tokens.note({ address, call: 'GET /metrics', because: 'unknown' })
  return { lines, note, flush: tokens.flush }
}

describe('refused bearer tokens', () => {
  it('the first of an address is told at once, the rest of its minute as a count', () => {
    const { lines, note, flush } = createTold()
    for (let nth = 0; nth < 40; nth++) note('192.0.2.1')
    note('192.0.2.2')
    expect(lines).toEqual([
      ['bearer token refused', { address: '192.0.2.1', call: 'GET /metrics', because: 'unknown' }],
      ['bearer token refused', { address: '192.0.2.2', call: 'GET /metrics', because: 'unknown' }],
    ])
    flush()
    expect(lines.slice(2)).toEqual([['bearer tokens refused in the last minute', { address: '192.0.2.1', count: 39 }]])
    note('192.0.2.1')
    expect(lines).toHaveLength(4)
    flush()
    expect(lines).toHaveLength(4)
  })

  it('of a thousand addresses fifty are told, the others counted', () => {
    const { lines, note, flush } = createTold()
    for (let nth = 0; nth < 1_000; nth++) note(`192.0.2.${nth}`)
    expect(lines).toHaveLength(50)
    flush()
    expect(lines.slice(50)).toEqual([['bearer tokens from other addresses refused in the last minute', { count: 950 }]])
    flush()
    expect(lines).toHaveLength(51)
  })
})
