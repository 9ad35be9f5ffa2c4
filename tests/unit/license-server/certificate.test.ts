import { describe, expect, it } from 'vitest'
import { describeCertificate, judgeCertificate } from '../../../server/license-server/certificate.ts'
import type { FindingCause } from '../../../shared/findings.ts'

/* What is made of what Node says of a certificate; real ones are in way-certificate.test.ts. */

const NOW = Date.parse('2026-03-01T12:00:00Z')
const clock = '2026-03-01T12:00:00.000Z'
const HOST = 'license.example'

interface Shown {
  subject?: object
  issuer?: object
  subjectaltname?: string
  valid_from?: string
  valid_to?: string
  issuerCertificate?: Shown
}

const LEAF: Shown = {
  subject: { O: 'License Server', CN: 'license.example' }, issuer: { O: 'Some Authority', CN: 'Some Authority R3' },
  subjectaltname: 'DNS:license.example', valid_from: 'Jan  1 00:00:00 2026 GMT', valid_to: 'Jan  1 00:00:00 2027 GMT',
}
const FACTS = {
  host: HOST, subject: 'license.example', issuer: 'Some Authority', validFrom: '2026-01-01T00:00:00.000Z', validTo: '2027-01-01T00:00:00.000Z',
}

/** What is said of a certificate with which this is wrong. */
function judge(problem: unknown, leaf: Shown = LEAF, now = NOW) {
  return judgeCertificate(Object({ authorized: false, authorizationError: problem, getPeerCertificate: () => leaf }), HOST, now)
}

describe('a certificate', () => {
  it('with which nothing is wrong is not looked at', () => {
    const getPeerCertificate = () => { throw new Error('looked at') }
    expect(judgeCertificate(Object({ authorized: true, authorizationError: null, getPeerCertificate }), HOST, NOW)).toBeNull()
  })

  it.each<[string, FindingCause, object]>([
    ['CERT_HAS_EXPIRED', 'certificate_expired', { clock }], ['CERT_NOT_YET_VALID', 'certificate_not_yet_valid', { clock }],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'certificate_other_name', { names: 'license.example' }],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'certificate_self_signed', {}], ['SELF_SIGNED_CERT_IN_CHAIN', 'certificate_unknown_issuer', {}],
    ['UNABLE_TO_GET_ISSUER_CERT', 'certificate_unknown_issuer', {}], ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'certificate_unknown_issuer', {}],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'certificate_unknown_issuer', {}], ['CERT_UNTRUSTED', 'certificate_unknown_issuer', {}],
    ['CERT_REVOKED', 'certificate_invalid', {}], ['INVALID_CA', 'certificate_invalid', {}], ['PATH_LENGTH_EXCEEDED', 'certificate_invalid', {}],
    ['CERT_SIGNATURE_FAILURE', 'certificate_invalid', {}], ['HOSTNAME_MISMATCH', 'certificate_invalid', {}],
  ])('%s: %s', (errno, cause, more) => {
    const expected = { code: 'NET_TLS', cause, stage: 'tls', facts: { ...FACTS, errno, ...more } }
    expect(judge(errno)).toEqual(expected)
    expect(judge(Object.assign(new Error('a text'), { code: errno }))).toEqual(expected)
  })
})

describe('whose certificate it is', () => {
  it.each<[string, Shown, object]>([
    ['is its common name, by the organization of its authority', LEAF, { subject: 'license.example', issuer: 'Some Authority' }],
    ['is its organization, by the common name of its authority, where nothing else is said', {
      subject: { O: 'License Server' }, issuer: { CN: 'Some Authority R3' },
    }, { subject: 'License Server', issuer: 'Some Authority R3' }],
    ['is the first of several names', {
      subject: { CN: ['one.example', 'two.example'] }, issuer: { O: ['One', 'Two'] },
    }, { subject: 'one.example', issuer: 'One' }],
    ['is nobody\'s where nothing is said', { subject: {}, issuer: {} }, { subject: null, issuer: null }],
    ['is nobody\'s where even that is missing', {}, { subject: null, issuer: null }],
    ['is told without what could pass for something else', {
      subject: { CN: 'a\u202eb\u0000c' }, issuer: { O: 'x'.repeat(200) },
    }, { subject: 'a\\u{202e}b\\u{0}c', issuer: `${'x'.repeat(119)}…` }],
  ])('%s', (_what, shown, expected) => {
    expect(describeCertificate(Object(shown))).toMatchObject(expected)
  })

  it('comes with its dates, as far as they are dates', () => {
    expect(describeCertificate(Object(LEAF))).toEqual({
      subject: 'license.example', issuer: 'Some Authority', validFrom: '2026-01-01T00:00:00.000Z', validTo: '2027-01-01T00:00:00.000Z',
    })
    expect(describeCertificate(Object({ ...LEAF, valid_from: 'soon', valid_to: undefined }))).toMatchObject({ validFrom: null, validTo: null })
  })

  it.each<[string, FindingCause, object]>([
    ['CERT_HAS_EXPIRED', 'certificate_expired', { subject: HOST }], ['CERT_NOT_YET_VALID', 'certificate_not_yet_valid', { subject: HOST }],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'certificate_self_signed', { subject: HOST }], ['CERT_UNTRUSTED', 'certificate_unknown_issuer', { issuer: '?' }],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'certificate_other_name', { names: '?' }],
  ])('has something in the place of what is not said, with %s', (errno, cause, facts) => {
    expect(judge(errno, {})).toMatchObject({ cause, facts })
  })
})

describe('the names that a certificate is for', () => {
  it.each([
    ['DNS:one.example, DNS:*.two.example, IP Address:192.0.2.1', 'one.example, *.two.example, 192.0.2.1'],
    ['DNS:a.example, DNS:b.example, DNS:c.example, DNS:d.example, DNS:e.example', 'a.example, b.example, c.example, d.example'],
    [`DNS:${'x'.repeat(200)}.example`, `${'x'.repeat(119)}…`],
    ['', 'license.example'], [undefined, 'license.example'],
  ])('%s: %s', (subjectaltname, names) => {
    const { subjectaltname: _names, ...leaf } = LEAF
    const facts = judge('ERR_TLS_CERT_ALTNAME_INVALID', { ...leaf, ...(subjectaltname === undefined ? {} : { subjectaltname }) })?.facts
    expect(facts?.names).toBe(names)
  })
})

describe('of a chain', () => {
  const link = (name: string, from: string, to: string, above?: Shown): Shown => ({
    subject: { CN: name }, issuer: { O: `${name}'s authority` }, valid_from: `Jan  1 00:00:00 ${from} GMT`, valid_to: `Jan  1 00:00:00 ${to} GMT`,
    ...(above ? { issuerCertificate: above } : {}),
  })
  const root = link('root', '2000', '2050')
  root.issuerCertificate = root

  it.each([
    ['the leaf', link('leaf', '2020', '2021', link('middle', '2000', '2050', root)), 'leaf', '2021'],
    ['the one in the middle', link('leaf', '2020', '2050', link('middle', '2000', '2022', root)), 'middle', '2022'],
    ['the root', link('leaf', '2020', '2050', link('middle', '2000', '2050', link('old root', '2000', '2023'))), 'old root', '2023'],
    ['the lower of two', link('leaf', '2020', '2050', link('middle', '2000', '2022', link('old root', '2000', '2023'))), 'middle', '2022'],
    ['none, which is laid at the door of the leaf', link('leaf', '2020', '2050', link('middle', '2000', '2051', root)), 'leaf', '2050'],
  ])('that has expired in %s', (_what, leaf, subject, year) => {
    expect(judge('CERT_HAS_EXPIRED', leaf)?.facts).toMatchObject({ subject, issuer: `${subject}'s authority`, validTo: `${year}-01-01T00:00:00.000Z`, clock })
  })

  it.each([
    ['the leaf', link('leaf', '2030', '2040', root), 'leaf', '2030'],
    ['the one above', link('leaf', '2020', '2050', link('middle', '2031', '2050', root)), 'middle', '2031'],
  ])('that begins too late in %s', (_what, leaf, subject, year) => {
    expect(judge('CERT_NOT_YET_VALID', leaf)?.facts).toMatchObject({ subject, validFrom: `${year}-01-01T00:00:00.000Z`, clock })
  })

  it.each([
    ['CERT_HAS_EXPIRED', '2027-01-01T00:00:00Z', 'leaf'], ['CERT_HAS_EXPIRED', '2026-12-31T23:59:59.999Z', 'middle'],
    ['CERT_NOT_YET_VALID', '2025-12-31T23:59:59.999Z', 'leaf'], ['CERT_NOT_YET_VALID', '2026-01-01T00:00:00Z', 'middle'],
  ])('%s goes by this server\'s clock, to the moment: %s', (errno, now, subject) => {
    const leaf = link('leaf', '2026', '2027', { ...link('middle', '2030', '2020'), issuerCertificate: root })
    expect(judge(errno, leaf, Date.parse(now))?.facts.subject).toBe(subject)
  })

  it('no end is needed', () => {
    const [one, two] = [link('one', '2020', '2050'), link('two', '2020', '2050')]
    one.issuerCertificate = two
    two.issuerCertificate = one
    expect(judge('CERT_HAS_EXPIRED', one)?.facts.subject).toBe('one')
  })
})
