import type { Credential } from '../../shared/credential.ts'
import { rulesOf } from '../../shared/method-rules.ts'
import type { PasteContext } from '../../shared/paste/judge-paste.ts'
import { causeOfBrokenToken, judgePaste } from '../../shared/paste/judge-paste.ts'
import { factsOfPaste } from '../../shared/paste/paste-facts.ts'
import { LicenseError } from './errors.ts'
import type { LicenseHolder } from './license-holder.ts'

/** What, besides the text itself, decides whether it can be a credential here. */
export function pasteContextOf({ instanceId, snapshot }: LicenseHolder): PasteContext {
  return { instanceId, silent: rulesOf(snapshot.license?.method)?.silent ?? false }
}

/**
 * The credential in a pasted text. Throws CREDENTIAL_MALFORMED, with the cause, if there is none. The only source of keys
 * that can be sent, so all input from outside comes through here.
 */
export function requireCredential(pasted: string, holder: LicenseHolder): Credential {
  const { credential, cause } = judgePaste(pasted, pasteContextOf(holder))
  if (!credential) throw new LicenseError('CREDENTIAL_MALFORMED', { details: { cause, ...(cause === 'hidden_character' ? factsOfPaste(pasted) : {}) } })
  return credential
}

/** Adds to the error of a token that did not verify what its length says about the cause. */
export function withTokenCause(error: LicenseError, token: string): LicenseError {
  if (error.code !== 'CREDENTIAL_MALFORMED' && error.code !== 'TOKEN_SIGNATURE_INVALID') return error
  return new LicenseError(error.code, { details: { ...error.details, cause: causeOfBrokenToken(token) }, cause: error.cause })
}
