import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseStrictJson } from '../../../server/license/strict-json.ts'

describe('strict JSON', () => {
  it('reads whatever JSON.stringify writes', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value)
      expect(parseStrictJson(text)).toEqual(JSON.parse(text))
    }))
  })

  it.each([
    ['at the top', '{"a":1,"a":1}'],
    ['with other members in between', '{"a":1,"b":2,"a":3}'],
    ['in an object inside', '{"a":{"b":1,"b":2}}'],
    ['in an object in an array', '[{"a":1},{"b":1,"b":1}]'],
    ['after an object inside was closed', '{"a":{"x":1},"b":[1,{"y":2}],"a":3}'],
    ['after an array of arrays was closed', '{"a":[[1],[2]],"a":3}'],
    ['in another spelling of the same name', '{"a":1,"\\u0061":2}'],
    ['with white space around it', '{ "a" : 1 ,\n "a" : 2 }'],
    ['by an empty name', '{"":1,"":2}'],
    ['by a name with quotes, braces and colons', '{"x\\"{:,}":1,"x\\"{:,}":2}'],
    ['by the name of a prototype', '{"__proto__":1,"__proto__":2}'],
  ])('refuses an object that names a member twice %s', (_, text) => {
    expect(() => JSON.parse(text)).not.toThrow()
    expect(() => parseStrictJson(text)).toThrow(SyntaxError)
  })

  it('says why it refused a member named twice', () => {
    expect(() => parseStrictJson('{"a":1,"a":1}')).toThrow('an object names a member twice')
  })

  it.each([
    ['the same name in objects side by side', '[{"a":1},{"a":1}]'],
    ['the same name in an object inside', '{"a":{"a":{"a":1}}}'],
    ['the same name again after an object inside', '{"b":{"a":1},"a":2}'],
    ['a value equal to a name', '{"a":"a","b":"a"}'],
    ['equal strings in an array', '["a","a",["a"]]'],
    ['what looks like members within a string', '{"a":"{\\"a\\":1,\\"a\\":2}","b":"\\\\"}'],
    ['a string that ends in a backslash', '{"a":"\\\\","b":1}'],
    ['a line separator within a string', '{"a":"\u2028","b":1}'],
  ])('takes %s', (_, text) => {
    expect(parseStrictJson(text)).toEqual(JSON.parse(text))
  })

  it.each(['', '{', '{"a":1}}', '{"a":1,}', '{\'a\':1}', '\ufeff{}', 'NaN', '[1,]'])('refuses %j, as JSON.parse does', (text) => {
    expect(() => parseStrictJson(text)).toThrow(SyntaxError)
  })
})
