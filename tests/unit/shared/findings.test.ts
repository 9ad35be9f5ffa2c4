import { describe, expect, it } from 'vitest'
import { ERROR_CODES, ERRORS } from '../../../shared/errors.ts'
import type { FindingCause, FindingFacts, FindingStage } from '../../../shared/findings.ts'
import {
  FACTS, FINDING_CAUSES, FINDING_STAGES, FINDING_TEXTS, findingOf, isFindingCause, referenceOf, seen, textOf,
} from '../../../shared/findings.ts'

const AT = Date.UTC(2026, 2, 1, 12)
const HOUR = 3600

describe('what was seen', () => {
  it('is at the stage where such a thing is usually met, unless it was met elsewhere', () => {
    expect(seen('NET_CONNECT', 'dropped').stage).toBe('tcp')
    expect(seen('NET_TIMEOUT', 'no_answer', {}, 'tls')).toEqual({ code: 'NET_TIMEOUT', cause: 'no_answer', stage: 'tls', facts: {} })
  })

  it('has no facts that are empty', () => {
    const facts = { host: 'license.example', port: 0, errno: null, title: '', server: undefined as never }
    expect(seen('NET_CONNECT', 'refused', facts).facts).toEqual({ host: 'license.example', port: 0 })
  })

  it('becomes a finding with its reference and time', () => {
    expect(findingOf(seen('NET_DNS', 'dns_silent', { host: 'license.example' }), AT)).toEqual({
      code: 'NET_DNS', reference: 'NCL-201', cause: 'dns_silent', stage: 'dns', facts: { host: 'license.example' }, at: '2026-03-01T12:00:00.000Z',
    })
  })

  it('of a wrong clock has a reference of its own', () => {
    expect([referenceOf('CLOCK_AHEAD'), referenceOf('CLOCK_BEHIND')]).toEqual(['NCL-401', 'NCL-402'])
    expect(ERROR_CODES.map(referenceOf)).toEqual(ERROR_CODES.map(code => ERRORS[code].reference))
    expect(ERROR_CODES.map(referenceOf).filter(reference => reference.startsWith('NCL-4'))).toEqual([])
  })
})

describe('the list of causes', () => {
  it('has a stage and known facts for each', () => {
    for (const [cause, { stage, facts }] of Object.entries(FINDING_CAUSES)) {
      expect([cause, FINDING_STAGES.includes(stage)]).toEqual([cause, true])
      expect([cause, facts.filter(name => !FACTS.includes(name))]).toEqual([cause, []])
    }
  })

  it.each([['refused', true], ['row_edited', true], ['no_answer_plain', false], ['toString', false], ['', false], [7, false], [null, false]])('has %j: %s', (value, expected) => {
    expect(isFindingCause(value)).toBe(expected)
  })

  it('has as many texts as causes and variants, each once', () => {
    expect(new Set(FINDING_TEXTS).size).toBe(FINDING_TEXTS.length)
    expect(FINDING_TEXTS).toEqual(expect.arrayContaining(['no_answer', 'no_answer_handshake', 'no_answer_plain', 'clock_behind_zone', 'row_edited']))
  })
})

type Row = [cause: FindingCause, facts: FindingFacts, stage: FindingStage, text: string]
const TEXTS: readonly Row[] = [
  ['refused', { host: 'a' }, 'tcp', 'refused'], ['refused', { setting: 'NC_LICENSE_SERVER_URL' }, 'tcp', 'refused_configured'],
  ['no_route', {}, 'tcp', 'no_route'], ['no_route', { setting: 'NC_LICENSE_SERVER_URL' }, 'tcp', 'no_route_configured'],
  ['dropped', {}, 'tcp', 'dropped'], ['dropped', { setting: 'NC_LICENSE_SERVER_URL' }, 'tcp', 'dropped_configured'],
  ['not_a_license_server', {}, 'http', 'not_a_license_server'],
  ['not_a_license_server', { setting: 'NC_LICENSE_SERVER_URL' }, 'http', 'not_a_license_server_configured'],
  ['ended', {}, 'credential', 'ended'], ['ended', { setting: 'stored' }, 'credential', 'ended_stored'],
  ['dns_no_such_name', {}, 'dns', 'dns_no_such_name'], ['dns_no_such_name', { setting: 'NC_LICENSE_SERVER_URL' }, 'dns', 'dns_no_such_name_configured'],
  ['dns_silent', {}, 'dns', 'dns_silent'], ['dns_silent', { setting: 'failed' }, 'dns', 'dns_silent_failed'],
  ['tls_version', { version: 'TLSv1.1' }, 'tls', 'tls_version'], ['tls_version', {}, 'tls', 'tls_version_unknown'],
  ['proxy_login', {}, 'proxy', 'proxy_login'], ['proxy_login', { setting: 'login' }, 'proxy', 'proxy_login_rejected'],
  ['proxy_login', { setting: 'login' }, 'http', 'proxy_login_unknown'],
  ['no_answer', {}, 'http', 'no_answer'], ['no_answer', { setting: 'plain' }, 'http', 'no_answer_plain'], ['no_answer', {}, 'tls', 'no_answer_handshake'],
  ['reset_while_receiving', { bytes: 0 }, 'http', 'reset_while_receiving'], ['reset_while_receiving', {}, 'http', 'reset_while_receiving_nothing'],
  ['web_page', { status: 200 }, 'http', 'web_page'], ['web_page', { title: 'Login' }, 'http', 'web_page_titled'],
  ['redirect', { target: 'a' }, 'http', 'redirect'], ['redirect', {}, 'http', 'redirect_nowhere'],
  ['answer_stale', { member: 'nonce' }, 'http', 'answer_stale'], ['answer_stale', { member: 'seq' }, 'http', 'answer_stale_seq'],
  ['unknown_signer', { kid: 'k' }, 'credential', 'unknown_signer'], ['unknown_signer', {}, 'credential', 'unknown_signer_stored'],
  ['row_edited', {}, 'storage', 'row_edited'], ['row_edited', { setting: 'older' }, 'storage', 'row_edited_older'],
  ['row_edited', { setting: 'unfit' }, 'storage', 'row_edited_unfit'],
  ['rate_limited', {}, 'http', 'rate_limited'], ['rate_limited', { retryAt: '2026-03-01T12:00:00.000Z' }, 'http', 'rate_limited_until'],
  ['unreadable_answer', { member: 'iat' }, 'http', 'unreadable_answer'], ['unreadable_answer', { member: 'signature' }, 'http', 'unreadable_answer_signature'],
  ['clock_ahead', { difference: 3 * 86_400 + 700 }, 'clock', 'clock_ahead'], ['clock_ahead', { difference: 2 * HOUR }, 'clock', 'clock_ahead_zone'],
  ['clock_ahead', { difference: 2 * HOUR, expiresAt: 'x' }, 'clock', 'clock_ahead_ended'],
  ['clock_ahead', { difference: 2 * HOUR, expiresAt: 'x', setting: 'perhaps' }, 'clock', 'clock_ahead_perhaps'],
  ['clock_behind', { difference: 700 }, 'clock', 'clock_behind'], ['clock_behind', { difference: 5.5 * HOUR }, 'clock', 'clock_behind_zone'],
]

describe('the text that tells a finding', () => {
  it.each(TEXTS)('%s with %j at %s is %s', (cause, facts, stage, text) => {
    expect(textOf({ cause, facts, stage })).toBe(text)
    expect(FINDING_TEXTS).toContain(text)
  })

  it('is found for every variant there is', () => {
    const variants = Object.entries(FINDING_CAUSES).flatMap(([cause, { variants = [] }]) => variants.map(variant => `${cause}_${variant}`))
    expect(variants.toSorted()).toEqual([...new Set(TEXTS.flatMap(([cause, , , text]) => text === cause ? [] : [text]))].toSorted())
  })

  it.each([
    [1699, false], [1700, false], [1709, false], [1710, true], [1800, true], [1890, true], [1891, false], [2700, false], [HOUR - 90, true], [HOUR + 91, false],
    [5.5 * HOUR + 60, true], [12 * HOUR, true], [14 * HOUR, true], [14 * HOUR + 90, true], [14 * HOUR + 101, false],
    [14.5 * HOUR, false], [24 * HOUR, false], [0, false],
  ])('a clock that is %i s off looks like a wrong time zone: %s', (difference, zone) => {
    expect(textOf({ cause: 'clock_behind', facts: { difference }, stage: 'clock' })).toBe(zone ? 'clock_behind_zone' : 'clock_behind')
  })
})
