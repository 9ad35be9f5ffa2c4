import { describe, expect, it } from 'vitest'
import type { Asked } from '../../../server/license/verify-answer.ts'
import { isInSequence, requireAnswerTo, unfit, unverified } from '../../../server/license/verify-answer.ts'
import { LicenseError } from '../../../server/license/errors.ts'
import { seqMarkOf } from '../../../server/license/record.ts'
import type { Lease, Verdict } from '../../../server/license/token.ts'
import { INSTANCE, leaseOf, offlineClaims, OTHER_INSTANCE, standardClaims, verdictOf } from '../../support/claims.ts'
import { createSimulatedClock } from '../../support/simulated-clock.ts'
import { storeLicense } from '../../support/holding.ts'
import { createMemoryStore } from '../../support/memory-store.ts'

const asked: Asked = { nonce: 'n'.repeat(32), instanceId: INSTANCE, sub: 'lic_1', method: 'standard' }
const lease = leaseOf(standardClaims())

describe('an answer', () => {
  it.each([
    ['lease', lease, asked], ['verdict, which has no method', verdictOf(), asked], ['of a license not known yet', lease, { ...asked, sub: null }],
    ['of any method', lease, { ...asked, method: null }],
  ])('fits what was asked: %s', (_, answer, question) => {
    expect(() => requireAnswerTo(question, answer, 'license.example')).not.toThrow()
  })

  const notOurs = (member: string, expected: string, found: string) => ({ cause: 'answer_not_ours', facts: { host: 'license.example', member, expected, found } })
  const stale = { cause: 'answer_stale', facts: { host: 'license.example', member: 'nonce' } }
  it.each<[string, Lease | Verdict, Asked, object]>([
    ['another nonce', lease, { ...asked, nonce: 'm'.repeat(32) }, stale],
    ['another installation', lease, { ...asked, instanceId: OTHER_INSTANCE }, notOurs('instance_id', OTHER_INSTANCE, INSTANCE)],
    ['another license', lease, { ...asked, sub: 'lic_2' }, notOurs('license', 'lic_2', 'lic_1')],
    ['another method', lease, { ...asked, method: 'airgapped' }, notOurs('method', 'airgapped', 'standard')],
    ['no nonce at all', leaseOf(offlineClaims()), { ...asked, method: null }, stale],
    ['a verdict on another license', verdictOf({ sub: 'lic_2' }), asked, notOurs('license', 'lic_1', 'lic_2')],
    ['another installation and another nonce', lease, { ...asked, instanceId: OTHER_INSTANCE, nonce: '' }, notOurs('instance_id', OTHER_INSTANCE, INSTANCE)],
  ])('does not fit with %s, and says so', (_, answer, question, seen) => {
    expect(() => requireAnswerTo(question, answer, 'license.example:8443')).toThrow(expect.objectContaining({
      code: 'SERVER_RESPONSE_INVALID', details: { host: 'license.example:8443' }, seen: { code: 'SERVER_RESPONSE_INVALID', stage: 'http', ...seen },
    }))
  })
})

describe('a statement that does not verify', () => {
  it.each<[string, LicenseError, string, object]>([
    ['signed with an unknown key', new LicenseError('TOKEN_UNKNOWN_SIGNER', { details: { kid: 'k9', trusted: 'k1' } }), 'signer_unknown', { kid: 'k9' }],
    ['signed with a key without a name', new LicenseError('TOKEN_UNKNOWN_SIGNER'), 'signer_unknown', { kid: '?' }],
    ['whose signature is wrong', new LicenseError('TOKEN_SIGNATURE_INVALID'), 'unreadable_answer', { member: 'signature' }],
    ['with a claim that is wrong', new LicenseError('TOKEN_CLAIMS_INVALID', { details: { claim: 'seq' } }), 'unreadable_answer', { member: 'seq' }],
    ['with claims that are none', new LicenseError('TOKEN_CLAIMS_INVALID'), 'unreadable_answer', {}],
    ['that is no token at all', new LicenseError('CREDENTIAL_MALFORMED', { details: { cause: 'token_changed' } }), 'unreadable_answer', {}],
  ])('%s is an answer that was not taken, with its reason for the log', (_, error, cause, facts) => {
    expect(unverified('license.example', error)).toMatchObject({ code: 'SERVER_RESPONSE_INVALID', cause: error })
    expect(Object(unverified('license.example', error)).seen).toEqual({
      code: 'SERVER_RESPONSE_INVALID', cause, stage: 'http', facts: { host: 'license.example', ...facts },
    })
  })

  it('is no reason to hide a defect', () => {
    const defect = new TypeError('defect')
    expect(unverified('license.example', defect)).toBe(defect)
  })

  it('names the host without its port where people read it', () => {
    expect(unfit('license.example:8443', 'answer_stale')).toMatchObject({ details: { host: 'license.example:8443' }, seen: { facts: { host: 'license.example' } } })
  })
})

describe('the sequence of one license', () => {
  const at = (seq: number, jti = `jti-${seq}`, sub = 'lic_1') => leaseOf(standardClaims({ seq, jti, sub }))

  it.each([
    [4, 'jti-4', false], [5, 'other', false], [5, 'jti-5', true], [6, 'jti-6', true],
  ])('after 5: seq %i with jti %s: %s', async (seq, jti, expected) => {
    const store = createMemoryStore()
    await storeLicense(store, at(5), createSimulatedClock())
    expect(await isInSequence(store, at(seq, jti), null)).toBe(expected)
    store.available = false
    expect(await isInSequence(store, at(seq, jti), seqMarkOf(at(5)))).toBe(expected)
  })

  it('begins anywhere, also where only another license is held', async () => {
    const store = createMemoryStore()
    expect(await isInSequence(store, at(0), null)).toBe(true)
    store.available = false
    expect(await isInSequence(store, at(0), null)).toBe(true)
    expect(await isInSequence(store, at(0), seqMarkOf(at(9, 'x', 'lic_2')))).toBe(true)
  })

  it('asks the database first: what is held in memory only stands in for it', async () => {
    const store = createMemoryStore()
    await storeLicense(store, at(5), createSimulatedClock())
    expect(await isInSequence(store, at(3), seqMarkOf(at(2)))).toBe(false)
  })

  it('is not guessed when something else is wrong with the database', async () => {
    const store = createMemoryStore()
    store.read = () => Promise.reject(new TypeError('defect'))
    await expect(isInSequence(store, at(9), null)).rejects.toThrow(TypeError)
  })
})
