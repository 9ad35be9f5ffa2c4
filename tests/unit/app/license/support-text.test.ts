import { describe, expect, it } from 'vitest'
import { fittingErrors } from '../../../../app/license/fitting-errors.ts'
import { diagnosticsText, supportMail, supportText } from '../../../../app/license/support-text.ts'
import { toFailure } from '../../../../app/api/failure.ts'
import { viewOf } from '../../../support/app/license-view.ts'

const failureOf = (code: string, reference: string, details: Record<string, string> = {}) =>
  toFailure({ data: { code, reference, details, requestId: 'req-1' } }, 422)

describe('what support is given', () => {
  it('is plain lines, without what is not there and without key, mail or name', () => {
    const text = supportText(viewOf())
    expect(text).toContain('Instance ID: 0123456789abcdef0123456789abcdef\nState: active, entitled\nMethod: standard')
    expect(text).not.toMatch(/null|undefined|License bound to|nc_|@|Acme/)
    expect(text.split('\n').every(line => /^[A-Z][\w -]+: \S/.test(line))).toBe(true)
  })
  it('says what the last action failed with, whom it asked, and under which request', () => {
    const lines = supportText(viewOf(), failureOf('NET_DNS', 'NCL-201', { host: 'app.nocodb.com' })).split('\n')
    expect(lines).toEqual(expect.arrayContaining(['Last action failed: NCL-201 NET_DNS app.nocodb.com', 'Request: req-1']))
  })
  it('is in the mail, below what it is about', () => {
    const mail = new URL(supportMail('revoked & more', viewOf()))
    expect([mail.pathname, mail.searchParams.get('subject')]).toEqual(['cs@nocodb.com', 'NocoDB license: revoked & more'])
    expect(mail.searchParams.get('body')).toBe(`revoked & more\n\n${supportText(viewOf())}\n\n`)
    expect(new URL(supportMail('x', null)).searchParams.get('body')).toBe('x\n\n')
  })
  it('has each stage of the diagnostics with its time, its error and its facts', () => {
    const lines = diagnosticsText(null, '2026-03-01T12:00:00.000Z', [
      { stage: 'dns', result: 'ok', milliseconds: 0, code: null, remedy: null, facts: { host: 'a' } },
      { stage: 'tcp', result: 'failed', milliseconds: null, code: 'NET_CONNECT', remedy: 'firewall', facts: {} },
    ])
    expect(lines.split('\n')).toEqual(['Diagnostics of 2026-03-01T12:00:00.000Z', 'dns: ok (0 ms) {"host":"a"}', 'tcp: failed NET_CONNECT {}'])
  })
})

describe('the errors that are explained', () => {
  const lastError = { code: 'NET_DNS', reference: 'NCL-201', at: '2026-03-01T00:00:00.000Z' } as const
  const failing = { lastSuccessAt: null, lastAttemptAt: null, nextAt: null, consecutiveFailures: 2, lastError }

  it('are that of the last action first, then of the state, then of the last check-in, each once', () => {
    const view = viewOf({ state: 'revoked', checkIn: { ...failing, lastError: { ...lastError, code: 'LICENSE_REVOKED' } } })
    expect(fittingErrors(view, failureOf('CONFLICT', 'NCL-308'))).toEqual(['CONFLICT', 'LICENSE_REVOKED'])
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
    expect(fittingErrors(viewOf(), { ...failureOf('INTERNAL', 'NCL-314'), code: 'UNREACHABLE' })).toEqual([])
  })
})
