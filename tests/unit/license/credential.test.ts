import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { maskKey } from '../../../shared/credential.ts'
import { judgePaste } from '../../../shared/paste/judge-paste.ts'
import { INSTANCE, offlineToken } from '../../support/claims.ts'

const token = offlineToken()
const judge = (pasted: string, silent = false) => judgePaste(pasted, { instanceId: INSTANCE, silent })
const key = (method: 'standard' | 'airgapped', text: string) => ({ credential: { method, key: text }, cause: null })
const asToken = { credential: { method: 'offline', token }, cause: null }
const KEY = 'nc_abcdef12'
const LONG = `nc_${'aB3_'.repeat(40)}`

describe('what was pasted', () => {
  it.each([
    ['spaces', ' '], ['tabs', '\t'], ['line breaks', '\r\n'], ['no-break spaces', '\u00a0'], ['line separators', '\u2028'], ['next lines', '\u0085'],
    ['ideographic spaces', '\u3000'], ['fillers of Hangul', '\u3164\u115f\u1160\uffa0'],
  ])('loses %s around it', (_, space) => {
    expect(judge(`${space}${space}${KEY}${space}`)).toEqual(key('standard', KEY))
    expect(judge(`${space}${token}${space}`)).toEqual(asToken)
  })

  it.each([
    ['zero-width spaces', '\u200b'], ['zero-width non-joiners', '\u200c'], ['zero-width joiners', '\u200d'], ['word joiners', '\u2060'],
    ['a byte order mark', '\ufeff'], ['soft hyphens', '\u00ad'], ['left-to-right marks', '\u200e'], ['right-to-left marks', '\u200f'],
    ['Arabic letter marks', '\u061c'], ['embeddings', '\u202a\u202b\u202c'], ['isolates', '\u2066\u2067\u2068\u2069'],
    ['Mongolian vowel separators', '\u180e'], ['variation selectors', '\ufe0f\u{e0101}'], ['combining grapheme joiners', '\u034f'],
    ['tag characters', '\u{e0041}'],
  ])('loses %s, around it and within', (_, invisible) => {
    expect(judge(`${invisible}nc_abc${invisible}${invisible}def12${invisible}`)).toEqual(key('standard', KEY))
    expect(judge(token.replaceAll('.', `${invisible}.`))).toEqual(asToken)
  })

  it('is the same token however a mail client broke it into lines', () => {
    fc.assert(fc.property(fc.array(fc.nat(token.length), { maxLength: 20 }), (breaks) => {
      expect(judge([...token].map((character, index) => breaks.includes(index) ? `\n ${character}` : character).join(''))).toEqual(asToken)
    }), { numRuns: 50 })
  })

  it.each(['\n', '\r\n', '\r', '\u2028'])('is the same key with a line break %j after 60 characters or more, and only there', (lineBreak) => {
    const broken = (at: number, length = 2 * at) => judge(LONG.slice(0, at) + lineBreak + LONG.slice(at, length))
    expect(broken(60)).toEqual(key('standard', LONG.slice(0, 120)))
    expect(broken(76)).toEqual(key('standard', LONG.slice(0, 152)))
    expect(broken(76, 77)).toEqual(key('standard', LONG.slice(0, 77)))
    expect(broken(59).cause).toBe('words_around')
    expect(broken(60, 163)).toEqual(key('standard', LONG.slice(0, 163)))
    expect(judge(`${LONG.slice(0, 76)} ${LONG.slice(76)}`).cause).toBe('words_around')
    expect(judge(`${LONG.slice(0, 70)}${lineBreak}${LONG.slice(70, 140)}${lineBreak}${LONG.slice(140)}`)).toEqual(key('standard', LONG))
    expect(judge(`${LONG.slice(0, 70)}${lineBreak}${LONG.slice(70, 129)}${lineBreak}${LONG.slice(129)}`).cause).toBe('words_around')
    expect(judge(`${LONG.slice(0, 64)}${lineBreak}Regards`).cause).toBe('words_around')
    expect(judge(`${LONG.slice(0, 64)}${lineBreak}the key`).cause).toBe('words_around')
    expect(judge(`${LONG.slice(0, 64)}${lineBreak}nc_${LONG.slice(64, 110)}`).cause).toBe('two_credentials')
  })

  it.each([
    ['nc_abcdefgh', 'standard'], ['nc_demo_standard', 'standard'], ['ABCD-1234', 'standard'], ['a'.repeat(8), 'standard'],
    ['a'.repeat(256), 'standard'], ['nc-ag-abcd', 'standard'], ['nc_ag_ab', 'airgapped'], [`nc_ag_${'x'.repeat(250)}`, 'airgapped'],
    ['nc_with_nc_inside', 'standard'], ['nc_ag_with_nc_inside', 'airgapped'], ['NCabcdefgh', 'standard'],
    ['nc_AG_x7Kq_2mR', 'standard'],
  ] as const)('is a key: %s → %s', (text, method) => {
    expect(judge(text)).toEqual(key(method, text))
  })

  it.each(['a.b.c', 'eyJ.eyJ.sig-_', token])('is a token, whatever its prefix: %s', (text) => {
    expect(judge(text)).toEqual({ credential: { method: 'offline', token: text }, cause: null })
  })
})

const [HEADER = '', PAYLOAD = '', SIGNATURE = ''] = token.split('.')
const DASHED = INSTANCE.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
const REQUEST = `Please issue an offline license token for this installation.\n\nInstance ID: ${INSTANCE}\nLicense key: nc_••••••••dard\nVersion: 1.2.3`

const MISTAKES = {
  empty: ['', ' \n\u200b', '\ufeff'],
  words_around: [
    `License key ${KEY}`, `License key${KEY}`, 'LicenseKeync_ag_abcdefgh', `${KEY} is your key`, `Key:${KEY}`, 'nc_abc def12', 'xnc_ag_abc', 'not a key',
    `https://x.example/${KEY}`, `NC_LICENSE_KEY=${KEY}`, `Your license token:\n${token}`, `License token ${token}`, `${token} regards`, `> ${KEY}`,
    'nc_abc\u3164def12', 'nc_abc\u115fdef12', 'nc_abc\u1160def12', `key\uffa0${KEY}`,
  ],
  two_credentials: [
    KEY + KEY, KEY.repeat(3), `${KEY} ${KEY}`, `${KEY}\nnc_ag_abcdefgh`, `${KEY}nc_ag_abcdefgh`, 'nc_ag_abcdefghnc_ag_ijklmnop', 'ABCD-1234ABCD-1234',
    `${KEY}_${KEY}`, `${KEY}-${KEY}-${KEY}`, 'ABCD-1234-ABCD-1234', `${KEY}\u200bnc_ag_abcdefgh`, `${KEY}\u2060\u200bnc_ijklmnop`, `${KEY}\u3164${KEY}`,
    `${token}\n${token}`, `${token}.${PAYLOAD}.${SIGNATURE}`, `${KEY} ${token}`,
  ],
  part_of_token: [HEADER, PAYLOAD, SIGNATURE, `${HEADER}.${PAYLOAD}`, `${PAYLOAD}.${SIGNATURE}`, `.${SIGNATURE}`, `${HEADER}.`, `${'x'.repeat(85)}g`, `${'x'.repeat(40)}nc_${'x'.repeat(42)}g`,
    `Bearer${HEADER}`, `-${HEADER}`, `token_${HEADER.slice(0, 8)}`, PAYLOAD.slice(1), PAYLOAD.slice(2), PAYLOAD.slice(3), HEADER.slice(1),
    ...[60, 61, 62, 63].map(at => PAYLOAD.slice(at, at + 60)), PAYLOAD.slice(76, 152), `xx-${PAYLOAD.slice(5, 200)}`,
  ],
  token_changed: [`${token}=`, token.replace('.', '.+')],
  instance_id_pasted: [INSTANCE, INSTANCE.toUpperCase(), `Instance ID: ${INSTANCE}`, `[${INSTANCE}]`,
    `Instance-ID-${INSTANCE}`, `${INSTANCE}_`, `InstanceID${INSTANCE}`, `nc_${INSTANCE}`, `nc_ag_${INSTANCE}`, DASHED, DASHED.toUpperCase(), `Instance ID: ${DASHED}`,
  ],
  request_pasted: [REQUEST, REQUEST.replace('nc_••••••••dard', KEY), REQUEST.replaceAll('\n', '\n> ')],
  masked_key_pasted: [maskKey('nc_demo_standard'), maskKey('nc_ag_demo_airgapped'), 'nc_********dard', 'Key: nc_••••••••'],
  capitals: ['NC_abcdefgh', 'Nc_abcdefgh', 'nC_abcdefgh', 'NC_AG_abcdefgh', 'Nc_Ag_abcdefgh', 'nc_Ag_abcdefgh', 'nc_AG_ABCDEFGH'],
  quotes_around: [`"${KEY}"`, `'${KEY}'`, `„${KEY}“`, `«${token}»`, `"${token}"`, `<${KEY}>`, `\`${KEY}\``, `(${KEY})`, `"${KEY}`],
  hidden_character: [`nc_abc\u202edefgh`, `\u202d${token}`, `nc_abc\u0007defgh`, `${KEY}\u001b`],
  wrong_encoding: [
    [...KEY].join('\0'), `\ufffd\ufffd${KEY}`, `ï»¿${KEY}`, `ÿþ${KEY}`, `${KEY}\\n`, `${token.slice(0, 76)}\\n${token.slice(76)}`,
    token.replaceAll(/(.{76})/g, '$1=\r\n'), `\ud800${KEY}`,
  ],
  not_a_credential: ['a'.repeat(7), 'a'.repeat(257), 'nc_abc.defgh', 'nc_äbcdefgh', 'nс_abcdefgh', 'aaaaaaaa.bbbbbbbb', 'aa.bb.cc.dd', 'aaaa..cccc', 'nc_👩‍👩‍👧abcd', '{}'],
} as const

describe.each(Object.entries(MISTAKES))('what was pasted by mistake: %s', (cause, texts) => {
  it.each(texts)('%j', (text) => {
    expect(judge(text)).toEqual({ credential: null, cause })
    expect(judge(` ${text}\n`)).toEqual({ credential: null, cause })
  })
})

describe('while an offline license is in force', () => {
  it.each(['ABCD-1234', 'a'.repeat(20), 'ncabcdefgh'])('a key that does not begin with nc_ is refused: %s', (text) => {
    expect(judge(text, true)).toEqual({ credential: null, cause: 'offline_in_force' })
  })

  it('keys that do, and tokens, are not', () => {
    expect(judge(KEY, true)).toEqual(key('standard', KEY))
    expect(judge('nc_ag_abcdefgh', true)).toEqual(key('airgapped', 'nc_ag_abcdefgh'))
    expect(judge(token, true)).toEqual(asToken)
  })
})

describe('masked key', () => {
  it.each([
    ['nc_abcdefghijk', 'nc_••••••••'], ['nc_abcdefghijkl', 'nc_••••••••'], ['nc_abcdefghijklm', 'nc_••••••••jklm'],
    ['nc_ag_12345678', 'nc_ag_••••••••'], ['nc_ag_1234567890', 'nc_ag_••••••••7890'], ['ABCDEFGH', '••••••••'],
    ['ABCDEFGHIJKLMNOP', '••••••••MNOP'], ['XXnc_FGHIJKLMNOP', '••••••••MNOP'],
  ])('of %s is %s', (text, masked) => {
    expect(maskKey(text)).toBe(masked)
  })
})
