import { describe, expect, it } from 'vitest'
import { createSerializer } from '../../../server/http/serialized.ts'

const FEATURES = ['sso']
const at = (second: number) => new Date(Date.UTC(2026, 2, 1, 12, 0, second)).toISOString()
const answer = (second: number, more: object = {}) => ({ state: 'active', features: FEATURES, serverTime: at(second), lease: null, ...more })

describe('an answer as JSON', () => {
  it('is what it says, with the time of each answer', () => {
    const serialize = createSerializer<ReturnType<typeof answer>>()
    for (const second of [1, 2, 3]) expect(serialize(answer(second)).text).toBe(JSON.stringify(answer(second)))
  })

  it('is made once of an object that comes again', () => {
    const serialize = createSerializer<ReturnType<typeof answer>>()
    const [one, other] = [answer(1), answer(2)]
    const first = serialize(one)
    expect(serialize(one)).toBe(first)
    expect([serialize(other).text, serialize(one).text]).toEqual([JSON.stringify(other), JSON.stringify(one)])
  })

  it('has the same tag at another time, and another tag whenever anything else differs', () => {
    const serialize = createSerializer<ReturnType<typeof answer>>()
    const tags = [answer(1), answer(2), answer(2, { state: 'grace' }), answer(2, { features: ['sso', 'scim'] }), answer(2, { lease: 'x' }), answer(3)]
      .map(each => serialize(each).etag)
    expect(tags[0]).toMatch(/^"[\w-]{27}"$/)
    expect(tags[1]).toBe(tags[0])
    expect(new Set(tags).size).toBe(4)
    expect(tags[5]).toBe(tags[0])
  })

  it('is made anew when a member has become another object', () => {
    const serialize = createSerializer<ReturnType<typeof answer>>()
    serialize(answer(1))
    const other = answer(2, { features: ['teams'] })
    expect(serialize(other).text).toBe(JSON.stringify(other))
  })

  it('takes nothing else for the time, whatever a text says', () => {
    const serialize = createSerializer<ReturnType<typeof answer>>()
    const odd = (second: number) => answer(second, { state: `"serverTime":"${at(second)}"` })
    for (const second of [1, 1]) expect(serialize(odd(second)).text).toBe(JSON.stringify(odd(second)))
  })
})
