import type { ErrorCode } from '#shared/errors'
import { ERRORS } from '#shared/errors'

/** Whether the server tries to apply NC_LICENSE_KEY again by itself: where not the key is at fault, or only the time it is used at. */
export function isTriedAgain(error: ErrorCode | null): boolean {
  return error !== null && (ERRORS[error].group !== 'credential' || error === 'TOKEN_NOT_YET_VALID')
}

/** The message that says what becomes of a NC_LICENSE_KEY that could not be applied. */
export function textOfEnvDiffers(error: ErrorCode | null, entitled: boolean) {
  return `warnings.ENV_DIFFERS.${isTriedAgain(error) ? 'retried' : 'text'}${entitled ? '' : 'None'}` as const
}
