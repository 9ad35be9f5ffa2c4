import type { ErrorCode } from '#shared/errors'
import { ERRORS } from '#shared/errors'

/** Whether the server will try NC_LICENSE_KEY again by itself: unless the key is at fault, for more than being a token of the future. */
export function isTriedAgain(error: ErrorCode | null): boolean {
  return error !== null && (ERRORS[error].group !== 'credential' || error === 'TOKEN_NOT_YET_VALID')
}

/** Which message says what is in force, and what to do, when NC_LICENSE_KEY could not be applied. */
export function textOfEnvDiffers(error: ErrorCode | null, entitled: boolean) {
  return `warnings.ENV_DIFFERS.${isTriedAgain(error) ? 'retried' : 'text'}${entitled ? '' : 'None'}` as const
}
