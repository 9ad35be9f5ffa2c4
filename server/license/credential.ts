import type { Credential } from '../../shared/credential.ts'
import { parseCredential } from '../../shared/credential.ts'
import { LicenseError } from './errors.ts'

/** Takes what was pasted; returns the credential. Throws CREDENTIAL_MALFORMED when it is neither a key nor a token. */
export function requireCredential(pasted: string): Credential {
  const credential = parseCredential(pasted)
  if (!credential) throw new LicenseError('CREDENTIAL_MALFORMED')
  return credential
}
