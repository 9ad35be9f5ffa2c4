import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { requireCredential } from '../../server/license/credential.ts'
import { maskKey, normalizeCredential, parseCredential } from '../../shared/credential.ts'
import { offlineToken } from './support/claims.ts'

const token = offlineToken()

describe('what was pasted', () => {
  it.each([
    ['spaces', ' '], ['tabs', '\t'], ['line breaks', '\r\n'], ['no-break spaces', '\u00a0'], ['zero-width spaces', '\u200b'],
    ['zero-width non-joiners', '\u200c'], ['zero-width joiners', '\u200d'], ['word joiners', '\u2060'], ['a byte order mark', '\ufeff'],
    ['line separators', '\u2028'], ['Mongolian vowel separators', '\u180e'],
  ])('loses %s at the ends and within', (_, invisible) => {
    const pasted = `${invisible}nc_abc${invisible}${invisible}def12${invisible}`
    expect(normalizeCredential(pasted)).toBe('nc_abcdef12')
    expect(parseCredential(pasted)).toEqual({ method: 'standard', key: 'nc_abcdef12' })
  })

  it('is the same credential however a mail client broke it into lines', () => {
    fc.assert(fc.property(fc.array(fc.nat(token.length), { maxLength: 20 }), (breaks) => {
      const broken = [...token].map((character, index) => breaks.includes(index) ? `\n ${character}` : character).join('')
      expect(requireCredential(broken)).toEqual({ method: 'offline', token })
    }), { numRuns: 50 })
  })

  it.each([
    ['nc_abcdefgh', 'standard'], ['nc_demo_standard', 'standard'], ['ABCD-1234', 'standard'], ['a'.repeat(8), 'standard'],
    ['a'.repeat(256), 'standard'], ['xnc_ag_abc', 'standard'], ['nc-ag-abcd', 'standard'],
    ['nc_ag_ab', 'airgapped'], [`nc_ag_${'x'.repeat(250)}`, 'airgapped'],
  ])('is a key: %s → %s', (key, method) => {
    expect(requireCredential(key)).toEqual({ method, key })
  })

  it.each([
    ['nothing', ''], ['only white space', ' \n\u200b'], ['seven characters', 'a'.repeat(7)], ['257 characters', 'a'.repeat(257)],
    ['a key with a full stop', 'nc_abc.defgh'], ['a quoted key', '"nc_abcdefgh"'], ['a key with an umlaut', 'nc_äbcdefgh'],
    ['prefix in capitals', 'NC_abcdefgh'], ['prefix in mixed case', 'Nc_abcdefgh'], ['airgapped prefix in capitals', 'NC_AG_abcdefgh'],
    ['airgapped prefix in mixed case', 'nc_Ag_abcdefgh'], ['two parts', 'aaaaaaaa.bbbbbbbb'], ['four parts', 'aa.bb.cc.dd'],
    ['an empty part', 'aaaa..cccc'], ['a padded token', `${token}=`], ['standard base64', token.replace('.', '.+')],
    ['a soft hyphen in the middle', 'nc_abcd\u00adefgh'], ['an URL', 'https://x.example/nc_abcdefgh'],
  ])('is malformed: %s', (_, pasted) => {
    expect(parseCredential(pasted)).toBeUndefined()
    expect(() => requireCredential(pasted)).toThrow(expect.objectContaining({ code: 'CREDENTIAL_MALFORMED' }))
  })

  it.each(['a.b.c', 'eyJ.eyJ.sig-_', token])('is a token, whatever its prefix: %s', (text) => {
    expect(parseCredential(text)).toEqual({ method: 'offline', token: text })
  })
})

describe('masked key', () => {
  it.each([
    ['nc_abcdefghijk', 'nc_••••••••'], ['nc_abcdefghijkl', 'nc_••••••••'], ['nc_abcdefghijklm', 'nc_••••••••jklm'],
    ['nc_ag_12345678', 'nc_ag_••••••••'], ['nc_ag_1234567890', 'nc_ag_••••••••7890'], ['ABCDEFGH', '••••••••'],
    ['ABCDEFGHIJKLMNOP', '••••••••MNOP'], ['XXnc_FGHIJKLMNOP', '••••••••MNOP'],
  ])('of %s is %s', (key, masked) => {
    expect(maskKey(key)).toBe(masked)
  })
})
