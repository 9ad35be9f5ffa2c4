import { describe, expect, it } from 'vitest'
import type { Asked } from '../../../server/license/verify-answer.ts'
import { isInSequence, requireAnswerTo } from '../../../server/license/verify-answer.ts'
import { seqMarkOf } from '../../../server/license/record.ts'
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
    expect(() => requireAnswerTo(question, answer)).not.toThrow()
  })

  it.each([
    ['another nonce', lease, { ...asked, nonce: 'm'.repeat(32) }], ['another installation', lease, { ...asked, instanceId: OTHER_INSTANCE }],
    ['another license', lease, { ...asked, sub: 'lic_2' }], ['another method', lease, { ...asked, method: 'airgapped' as const }],
    ['no nonce at all', leaseOf(offlineClaims()), { ...asked, method: null }], ['a verdict on another license', verdictOf({ sub: 'lic_2' }), asked],
  ])('does not fit with %s', (_, answer, question) => {
    expect(() => requireAnswerTo(question, answer)).toThrow(expect.objectContaining({ code: 'SERVER_RESPONSE_INVALID' }))
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
