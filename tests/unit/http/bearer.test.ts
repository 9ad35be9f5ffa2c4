import { describe, expect, it } from 'vitest'
import { bearerOf, createBearerTokens } from '../../../server/http/bearer.ts'
import { createHttpEvent } from '../../support/http-event.ts'

const sentIn = (headers: Record<string, string>) => bearerOf(createHttpEvent({ headers }).node.req)

describe('the bearer token of a request', () => {
  it.each([['Bearer abc'], ['bearer abc'], ['BEARER   abc  ']])('is what follows the word: %j', (authorization) => {
    expect(sentIn({ authorization })).toBe('abc')
  })

  it.each([['Bearer'], ['Bearer '], ['Bearer a b'], ['Bearer Bearer abc'], ['Bearer\tabc']])('is empty, not absent, if malformed: %j', (authorization) => {
    expect(sentIn({ authorization })).toBe('')
  })

  it.each<[Record<string, string>]>([
    [{}], [{ authorization: '' }], [{ authorization: 'Basic abc' }], [{ authorization: 'Bearerabc' }], [{ authorization: 'Basic Bearer abc' }],
    [{ 'x-authorization': 'Bearer abc' }],
  ])('is absent where there is none: %j', (headers) => {
    expect(sentIn(headers)).toBeUndefined()
  })
})

describe('whose a bearer token is', () => {
  const { kindOf } = createBearerTokens({ serviceTokens: ['service, old', 'service, new'], adminTokens: ['admin, old', 'admin, new'] })

  it.each([['service, old', 'service'], ['service, new', 'service'], ['admin, old', 'admin'], ['admin, new', 'admin']])('%s', (token, kind) => {
    expect(kindOf(token)).toBe(kind)
  })

  it.each([[''], ['service, ol'], ['service, old '], ['SERVICE, OLD'], ['service, oldservice, new']])('nobody\'s if it is another: %j', (token) => {
    expect(kindOf(token)).toBeUndefined()
  })

  it.each([1, 255, 256, 257, 4096])('of any length, and nobody\'s with a character more or less: %d', (length) => {
    const token = 'a'.repeat(length)
    const { kindOf: kind } = createBearerTokens({ serviceTokens: [token], adminTokens: [] })
    expect(kind(token)).toBe('service')
    for (const other of [`${token}a`, `${token}\u00e9`, token.slice(1), token + token]) expect(kind(other)).toBeUndefined()
  })

  it.each([1, 256, 4096])('of a script, however long those of services are: %d', (length) => {
    const [token, other] = ['a'.repeat(length), 'b'.repeat(32)]
    const { kindOf: kind } = createBearerTokens({ serviceTokens: [other], adminTokens: [token] })
    expect([kind(token), kind(other), kind(`${token}a`), kind(token.slice(1))]).toEqual(['admin', 'service', undefined, undefined])
  })

  it('nobody\'s where none are set, an empty one included', () => {
    const none = createBearerTokens({ serviceTokens: [], adminTokens: [] })
    expect([none.kindOf(''), none.kindOf('service, old')]).toEqual([undefined, undefined])
  })
})
