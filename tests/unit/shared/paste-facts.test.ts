import { describe, expect, it } from 'vitest'
import { judgePaste } from '../../../shared/paste/judge-paste.ts'
import { factsOfPaste } from '../../../shared/paste/paste-facts.ts'

/* What can be said about a text that holds a character which cannot be seen, without repeating the text. */

describe('a hidden character', () => {
  it.each([
    ['nc_abc\u202edefgh', 'U+202E RIGHT-TO-LEFT OVERRIDE', 7], ['\u202dnc_abcdefgh', 'U+202D LEFT-TO-RIGHT OVERRIDE', 1],
    ['nc_abcdefgh\u001b', 'U+001B ESCAPE', 12], ['nc\u0000_abcdefgh', 'U+0000 NULL', 3], ['nc_\u007fabcdefgh', 'U+007F DELETE', 4],
    ['nc_abc\u0007defgh', 'U+0007', 7], ['nc_abc\u0090defgh', 'U+0090', 7], ['nc_abc\ufff9defgh', 'U+FFF9', 7], ['nc_abc\u{110bd}defgh', 'U+110BD', 7],
  ])('in %j is %s at %i', (text, character, place) => {
    expect(factsOfPaste(text)).toEqual({ character, place })
  })

  it('is the first of several', () => {
    expect(factsOfPaste('a\u0007b\u202ec')).toEqual({ character: 'U+0007', place: 2 })
  })

  it('has its place counted in characters as people see them, not in units of UTF-16', () => {
    expect(factsOfPaste('🔑🔑\u0007')).toEqual({ character: 'U+0007', place: 3 })
  })

  it.each([
    ['', 'nothing'], ['nc_abcdefgh', 'a key'], [' \t\r\n\v\f\u0085', 'what ends a line or is blank'],
    ['\ufeffnc_\u200babc\u00addef\u2060gh\u200e\u2066', 'what is left out of a paste anyway'], ['nc_äß🔑', 'letters and pictures'],
  ])('is none in %j: %s', (text) => {
    expect(factsOfPaste(text)).toEqual({})
  })

  it('that is named is the one for which the paste was refused, not one that is left out anyway', () => {
    const pasted = '\ufeff\u200bnc_abc\u0007defgh'
    expect(judgePaste(pasted, { instanceId: '', silent: false })).toEqual({ credential: null, cause: 'hidden_character' })
    expect(factsOfPaste(pasted)).toEqual({ character: 'U+0007', place: 9 })
  })

  it.each(['nc_abc\u202edefgh', 'nc_abc\u0007defgh', 'nc_abcdefgh\u001b', 'nc_abc\u0600defgh', 'nc_\u{110bd}abcdefgh'])('is named wherever a paste is refused for one: %j', (pasted) => {
    expect(judgePaste(pasted, { instanceId: '', silent: false }).cause).toBe('hidden_character')
    expect(factsOfPaste(pasted)).toEqual({ character: expect.stringMatching(/^U\+[0-9A-F]{4,6}/), place: expect.any(Number) })
  })
})
