import { describe, expect, it } from 'vitest'
import { findingOfError, seenOf } from '../../../server/license/credential-finding.ts'
import { LicenseError } from '../../../server/license/errors.ts'
import type { ErrorCode, ErrorDetails } from '../../../shared/errors.ts'
import { ERROR_CODES } from '../../../shared/errors.ts'
import type { FindingFacts } from '../../../shared/findings.ts'
import { FINDING_CAUSES, seen } from '../../../shared/findings.ts'
import { PASTE_CAUSES } from '../../../shared/paste/cause-of-text.ts'
import { START } from '../../support/simulated-clock.ts'

const iso = new Date(START).toISOString()

describe('what an error says was found', () => {
  it.each<[ErrorCode, ErrorDetails | undefined, cause: string, FindingFacts]>([
    ['TOKEN_SIGNATURE_INVALID', undefined, 'token_changed', {}],
    ['TOKEN_SIGNATURE_INVALID', { cause: 'token_cut' }, 'token_cut', {}],
    ['TOKEN_UNKNOWN_SIGNER', { kid: 'k9' }, 'unknown_signer', { kid: 'k9' }],
    ['TOKEN_UNKNOWN_SIGNER', { kid: null }, 'unknown_signer', {}],
    ['TOKEN_WRONG_KIND', undefined, 'other_kind', {}],
    ['TOKEN_CLAIMS_INVALID', { claim: 'seats' }, 'claims_invalid', { claim: 'seats' }],
    ['LICENSE_EXPIRED', { expiresAt: iso, now: iso }, 'ended', { expiresAt: iso }],
    ['BOUND_TO_DIFFERENT_INSTALLATION', { expected: 'a1', found: 'b2' }, 'other_installation', { expected: 'a1', found: 'b2' }],
    ['TOKEN_NOT_YET_VALID', { startsAt: iso, now: iso }, 'not_yet_valid', { startsAt: iso }],
    ['TOKEN_OLDER_THAN_CURRENT', { expected: 5, found: 4 }, 'older_than_current', { expected: 5, found: 4 }],
    ['CREDENTIAL_MALFORMED', undefined, 'not_a_credential', {}],
    ['CREDENTIAL_MALFORMED', { cause: 'hidden_character', character: 'U+0007', place: 3 }, 'hidden_character', { character: 'U+0007', place: 3 }],
  ])('%s with %j', (code, details, cause, facts) => {
    expect(seenOf(new LicenseError(code, { details }))).toEqual({ code, cause, stage: 'credential', facts })
  })

  it.each(PASTE_CAUSES)('a paste that is no credential names its cause: %s', (cause) => {
    expect(seenOf(new LicenseError('CREDENTIAL_MALFORMED', { details: { cause } }))).toMatchObject({ code: 'CREDENTIAL_MALFORMED', cause, stage: 'credential' })
  })

  it.each(['disk_full', 'gateway', 'toString', 'no such cause', 7, null])('takes no cause from the particulars that is none of a paste: %j', (cause) => {
    expect(seenOf(new LicenseError('CREDENTIAL_MALFORMED', { details: { cause } }))?.cause).toBe('not_a_credential')
  })

  it('is what the error was given, before all else', () => {
    const given = seen('TOKEN_UNKNOWN_SIGNER', 'signer_unknown', { kid: 'k9', host: 'license.example' })
    expect(seenOf(new LicenseError('TOKEN_UNKNOWN_SIGNER', { details: { kid: 'k9' }, seen: given }))).toBe(given)
  })

  it('has no particulars that are no facts of findings', () => {
    const details = { expiresAt: iso, retryAfterSeconds: 7, refusal: 'expired', credential: 'nc_secret', revision: 1 }
    expect(seenOf(new LicenseError('LICENSE_EXPIRED', { details }))?.facts).toEqual({ expiresAt: iso, refusal: 'expired' })
  })

  const NONE = [
    'KEY_UNKNOWN', 'LICENSE_REVOKED', 'LICENSE_SUSPENDED', 'METHOD_NOT_IN_PLAN', 'VALIDATION', 'UNAUTHENTICATED', 'FEATURE_NOT_LICENSED', 'FORBIDDEN',
    'CROSS_SITE', 'NOT_FOUND', 'HTTP_METHOD', 'CONFLICT', 'MANAGED_BY_ENV', 'NO_LICENSE', 'NO_CALLS_FOR_OFFLINE', 'PAYLOAD_TOO_LARGE', 'RATE_LIMITED',
    'INTERNAL', 'STORAGE_UNAVAILABLE',
  ]
  it('is nothing for an error that is given nothing and whose code says nothing of a credential', () => {
    const silent = ERROR_CODES.filter(code => seenOf(new LicenseError(code, { details: { expected: 'a' } })) === null)
    expect(silent.filter(code => !code.startsWith('NET_') && !code.startsWith('SERVER_'))).toEqual(NONE)
    expect(findingOfError(new LicenseError('CONFLICT'), START)).toBeNull()
  })
})

it('the finding of an error has its reference, and the time that it is given', () => {
  expect(findingOfError(new LicenseError('TOKEN_CLAIMS_INVALID', { details: { claim: 'exp' } }), START)).toEqual({
    code: 'TOKEN_CLAIMS_INVALID', reference: 'NCL-111', cause: 'claims_invalid', stage: 'credential', facts: { claim: 'exp' }, at: iso,
  })
})

it('every cause of a paste is met at the credential', () => {
  expect(PASTE_CAUSES.map(cause => FINDING_CAUSES[cause].stage)).toEqual(PASTE_CAUSES.map(() => 'credential'))
})
