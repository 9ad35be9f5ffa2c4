import type { CredentialErrorCode } from '../../../shared/errors.ts'
import type { IssueToken } from '../../support/vendor/control-protocol.ts'
import { openLicense } from '../../support/browser/screen.ts'
import type { Scene } from '../scene.ts'
import { daysFromNow, openScreen, requireSaved, saveAndFail, saveAndForesee, signInPage, tokenFor } from '../scene.ts'

const nameOf = (code: CredentialErrorCode) => `error-${code.toLowerCase().replaceAll('_', '-')}`

function refusedKey(code: CredentialErrorCode, credential: string): Scene {
  return {
    name: nameOf(code),
    async prepare(stage) {
      await openScreen(stage)
      await saveAndFail(stage, credential, code)
    },
  }
}

/** On an installation with an offline license, which the refused token leaves alone. */
function refusedToken(code: CredentialErrorCode, order: () => Partial<IssueToken>, change = (token: string) => token): Scene {
  return {
    name: nameOf(code),
    async prepare(stage) {
      const api = await signInPage(stage)
      await requireSaved(api, await tokenFor(stage, api))
      const { instanceId } = await api.license()
      await openLicense(stage.page, stage.product)
      await saveAndForesee(stage, change(await stage.licenseServer.control.issueToken({ instance_id: instanceId, ...order() })), code)
    },
  }
}

/** The same token with another number of seats under the same signature. */
function withMoreSeats(token: string): string {
  const [header = '', payload = '', signature = ''] = token.split('.')
  const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString())
  return [header, Buffer.from(JSON.stringify({ ...Object(claims), seats: 100_000 })).toString('base64url'), signature].join('.')
}

export const CREDENTIAL_ERROR_SCENES: Record<CredentialErrorCode, Scene> = {
  CREDENTIAL_MALFORMED: refusedKey('CREDENTIAL_MALFORMED', 'NC_AG_DEMO_AIRGAPPED'),
  KEY_UNKNOWN: refusedKey('KEY_UNKNOWN', 'nc_unknown_key_0001'),
  LICENSE_EXPIRED: refusedToken('LICENSE_EXPIRED', () => ({ claims: { iat: daysFromNow(-400), exp: daysFromNow(-35) } })),
  LICENSE_REVOKED: refusedKey('LICENSE_REVOKED', 'nc_demo_revoked'),
  LICENSE_SUSPENDED: refusedKey('LICENSE_SUSPENDED', 'nc_demo_suspended'),
  METHOD_NOT_IN_PLAN: refusedKey('METHOD_NOT_IN_PLAN', 'nc_ag_demo_method_not_in_plan'),
  BOUND_TO_DIFFERENT_INSTALLATION: refusedToken('BOUND_TO_DIFFERENT_INSTALLATION', () => ({ instance_id: '0123456789abcdef'.repeat(2) })),
  TOKEN_SIGNATURE_INVALID: refusedToken('TOKEN_SIGNATURE_INVALID', () => ({}), withMoreSeats),
  TOKEN_UNKNOWN_SIGNER: refusedToken('TOKEN_UNKNOWN_SIGNER', () => ({ signer: 'stranger' })),
  TOKEN_WRONG_KIND: refusedToken('TOKEN_WRONG_KIND', () => ({ kind: 'lease' })),
  TOKEN_CLAIMS_INVALID: refusedToken('TOKEN_CLAIMS_INVALID', () => ({ omit: ['plan'] })),
  TOKEN_NOT_YET_VALID: refusedToken('TOKEN_NOT_YET_VALID', () => ({ claims: { nbf: daysFromNow(3) } })),
  TOKEN_OLDER_THAN_CURRENT: refusedToken('TOKEN_OLDER_THAN_CURRENT', () => ({ claims: { seq: 1 } })),
}
