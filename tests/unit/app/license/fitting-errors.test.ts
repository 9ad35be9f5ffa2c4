import { describe, expect, it } from 'vitest'
import { fittingErrors, fittingFindings } from '../../../../app/license/fitting-errors.ts'
import type { Failure } from '../../../../app/api/failure.ts'
import { toFailure } from '../../../../app/api/failure.ts'
import type { ErrorCode } from '../../../../shared/errors.ts'
import { ERRORS } from '../../../../shared/errors.ts'
import { found } from '../../../support/app/findings.ts'
import { viewOf } from '../../../support/app/license-view.ts'

const failureOf = (code: ErrorCode): Failure => toFailure({ data: { code, reference: ERRORS[code].reference } }, 422)
const clock = (code: 'CLOCK_AHEAD' | 'CLOCK_BEHIND') => found(code === 'CLOCK_AHEAD' ? 'clock_ahead' : 'clock_behind', { difference: 7200 }, { code })

describe('the errors that are explained', () => {
  const lastError = { code: 'NET_DNS', reference: 'NCL-201', at: '2026-03-01T00:00:00.000Z' } as const
  const failing = { lastSuccessAt: null, lastAttemptAt: null, nextAt: null, consecutiveFailures: 2, lastError }

  it('are that of the last action first, then of the state, then of the last check-in, each once', () => {
    const view = viewOf({ state: 'revoked', checkIn: { ...failing, lastError: { ...lastError, code: 'LICENSE_REVOKED' } } })
    expect(fittingErrors(view, failureOf('CONFLICT'))).toEqual(['CONFLICT', 'LICENSE_REVOKED'])
    expect(fittingErrors(viewOf({ checkIn: failing }), null)).toEqual(['NET_DNS'])
  })
  it('of a license that cannot be read are why not, and nothing of its check-ins', () => {
    const view = viewOf({ state: 'invalid', invalidBecause: { code: 'TOKEN_SIGNATURE_INVALID', reference: 'NCL-108' }, checkIn: failing })
    expect(fittingErrors(view, null)).toEqual(['TOKEN_SIGNATURE_INVALID'])
  })
  it.each([
    ['mismatch', 'BOUND_TO_DIFFERENT_INSTALLATION'], ['revoked', 'LICENSE_REVOKED'], ['suspended', 'LICENSE_SUSPENDED'], ['expired', 'LICENSE_EXPIRED'],
  ] as const)('of the state %s are those of %s', (state, code) => expect(fittingErrors(viewOf({ state }), null)).toEqual([code]))
  it('are none where nothing is wrong, or only the connection to this server', () => {
    expect(fittingErrors(viewOf(), null)).toEqual([])
    expect(fittingErrors(viewOf(), { ...failureOf('INTERNAL'), code: 'UNREACHABLE' })).toEqual([])
  })
  it.each(['CLOCK_AHEAD', 'CLOCK_BEHIND'] as const)('are the clock\'s own if it is %s and nothing else is the matter', (code) => {
    expect(fittingErrors(viewOf({ finding: clock(code) }), null)).toEqual([code])
  })
  it('are only such as this page knows, which may be older than the server', () => {
    const finding = Object.assign(clock('CLOCK_AHEAD'), { code: 'NET_QUIC', cause: 'quic' })
    expect(fittingErrors(viewOf({ finding }), null)).toEqual([])
  })
  it('are not those of an end that only a doubtful clock has seen', () => {
    expect(fittingErrors(viewOf({ state: 'expired', finding: clock('CLOCK_AHEAD') }), null)).toEqual(['CLOCK_AHEAD'])
  })
  it('of what is found come before those of the state that it explains', () => {
    expect(fittingErrors(viewOf({ state: 'expired', finding: found('row_edited', {}, { code: 'STORAGE_UNAVAILABLE' }) }), null)).toEqual(['STORAGE_UNAVAILABLE', 'LICENSE_EXPIRED'])
    const storage = found('disk_full', { location: '/data' }, { code: 'STORAGE_UNAVAILABLE' })
    expect(fittingErrors(viewOf({ state: 'revoked', finding: storage }), failureOf('CONFLICT'))).toEqual(['CONFLICT', 'STORAGE_UNAVAILABLE', 'LICENSE_REVOKED'])
  })
  it('name a failing check-in once, whether by what was found or by its code', () => {
    const finding = found('dns_silent', { host: 'h' }, { code: 'NET_DNS' })
    expect(fittingErrors(viewOf({ finding, checkIn: failing }), null)).toEqual(['NET_DNS'])
    expect(fittingErrors(viewOf({ finding, checkIn: failing }), failureOf('NET_DNS'))).toEqual(['NET_DNS'])
  })
  it('end with that of the credential in the environment', () => {
    const warnings = [{ code: 'ENV_DIFFERS', error: 'KEY_UNKNOWN', reference: 'NCL-102' }] as const
    expect(fittingErrors(viewOf({ finding: clock('CLOCK_BEHIND'), warnings: [...warnings] }), null)).toEqual(['CLOCK_BEHIND', 'KEY_UNKNOWN'])
    expect(fittingErrors(viewOf({ warnings: [{ code: 'ENV_DIFFERS', error: null, reference: null }] }), null)).toEqual([])
  })
})

describe('what was found, for the words of those errors', () => {
  const [ofAction, ofLicense] = [found('refused', { host: 'h', port: 443 }), clock('CLOCK_BEHIND')]

  it('is that of the last action, then that of the license', () => {
    expect(fittingFindings(viewOf({ finding: ofLicense }), { ...failureOf('NET_CONNECT'), finding: ofAction })).toEqual([ofAction, ofLicense])
  })
  it('is nothing where nothing was', () => {
    expect(fittingFindings(viewOf({ finding: ofLicense }), failureOf('CONFLICT'))).toEqual([ofLicense])
    expect(fittingFindings(viewOf(), { ...failureOf('NET_CONNECT'), finding: ofAction })).toEqual([ofAction])
    expect(fittingFindings(viewOf(), null)).toEqual([])
  })
})
