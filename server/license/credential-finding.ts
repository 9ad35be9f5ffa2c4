import type { ErrorCode, ErrorDetails } from '../../shared/errors.ts'
import type { FactName, Finding, FindingCause, FindingFacts, Seen } from '../../shared/findings.ts'
import { FACTS, FINDING_CAUSES, findingOf, isFindingCause, seen } from '../../shared/findings.ts'
import type { LicenseError } from './errors.ts'

/* What was found in a pasted text: nothing about it needs more than the error itself. */

const CAUSES: Partial<Record<ErrorCode, FindingCause>> = {
  TOKEN_SIGNATURE_INVALID: 'token_changed',
  TOKEN_UNKNOWN_SIGNER: 'unknown_signer',
  TOKEN_WRONG_KIND: 'other_kind',
  TOKEN_CLAIMS_INVALID: 'claims_invalid',
  LICENSE_EXPIRED: 'ended',
  BOUND_TO_DIFFERENT_INSTALLATION: 'other_installation',
  TOKEN_NOT_YET_VALID: 'not_yet_valid',
  TOKEN_OLDER_THAN_CURRENT: 'older_than_current',
  CREDENTIAL_MALFORMED: 'not_a_credential',
}

/** What an error says was found: what it was given, or for a credential what its code and particulars mean. */
export function seenOf({ code, details, seen: given }: Pick<LicenseError, 'code' | 'details' | 'seen'>): Seen | null {
  if (given) return given
  const named = details?.cause
  const cause = isFindingCause(named) && FINDING_CAUSES[named].stage === 'credential' ? named : CAUSES[code]
  return cause === undefined ? null : seen(code, cause, factsOf(details))
}

/** The finding of an error, at a time in ms; null for one that is not about a license or the way to its server. */
export function findingOfError(
  error: Pick<LicenseError, 'code' | 'details' | 'seen'> & Partial<Pick<LicenseError, 'finding'>>, at: number,
): Finding | null {
  const what = seenOf(error)
  return error.finding ?? (what && findingOf(what, at))
}

/** Those particulars that are facts of findings. */
function factsOf(details: ErrorDetails = {}): FindingFacts {
  return Object.fromEntries(Object.entries(details).filter(([name]) => isFact(name)))
}

function isFact(name: string): name is FactName {
  return FACTS.some(each => each === name)
}
