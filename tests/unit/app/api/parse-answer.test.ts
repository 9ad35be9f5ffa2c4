import { describe, expect, it } from 'vitest'
import { parseAnswer } from '../../../../app/api/parse-answer.ts'

describe('an answer, as the app reads it', () => {
  it.each([
    ['two\r\nlines', 'two\nlines'], ['two\rlines', 'two\nlines'], ['\r\r\n\n', '\n\n\n'], ['a\0b', 'a\ufffdb'],
    ['\ud83d', '\ufffd'], ['\udca9\ud83d', '\ufffd\ufffd'], ['a\ud83d\ud83d\udca9', 'a\ufffd💩'],
  ])('F07: holds %j as a document can: %j', (text, shown) => {
    expect(parseAnswer(JSON.stringify(text))).toBe(shown)
    const answer = (value: string) => ({ licensee: { organization: value }, list: [value, 1, null, true] })
    expect(parseAnswer(JSON.stringify(answer(text)))).toEqual(answer(shown))
  })

  it.each(['<b>&"\'</b>', '\u001b[31mred\u001b[0m\u0007', '👩‍👩‍👧 مرحبا 株式会社', 'a\tb\nc\u2028d\u202ee\u200bf\ufeff', ''])('F07: leaves %j as it is', (text) => {
    expect(parseAnswer(JSON.stringify(text))).toBe(text)
  })

  it('throws where there is no JSON', () => {
    expect(() => parseAnswer('')).toThrow(SyntaxError)
  })
})
