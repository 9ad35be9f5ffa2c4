import type { Credential } from '../../shared/credential.ts'
import { rulesOf } from '../../shared/method-rules.ts'
import type { PasteContext } from '../../shared/paste/judge-paste.ts'
import { causeOfBrokenToken, judgePaste } from '../../shared/paste/judge-paste.ts'
import { LicenseError } from './errors.ts'
import type { LicenseHolder } from './license-holder.ts'

/** What decides, beside the text itself, whether it may be a credential here. */
export function pasteContextOf({ instanceId, snapshot }: LicenseHolder): PasteContext {
  return { instanceId, silent: rulesOf(snapshot.license?.method)?.silent ?? false }
}

/**
 * The credential in what was pasted. Throws CREDENTIAL_MALFORMED, with its cause, when there is none. The only way to a
 * key that can be sent: whatever comes from outside goes through here.
 */
export function requireCredential(pasted: string, holder: LicenseHolder): Credential {
  const { credential, cause } = judgePaste(pasted, pasteContextOf(holder))
  if (!credential) throw new LicenseError('CREDENTIAL_MALFORMED', { details: { cause } })
  return credential
}

/** The error of a pasted token that did not verify, with what its length tells of the cause. */
export function withTokenCause(error: LicenseError, token: string): LicenseError {
  if (error.code !== 'CREDENTIAL_MALFORMED' && error.code !== 'TOKEN_SIGNATURE_INVALID') return error
  return new LicenseError(error.code, { details: { ...error.details, cause: causeOfBrokenToken(token) }, cause: error.cause })
}
