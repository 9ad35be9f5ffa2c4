import type { ErrorCode, ErrorDetails } from '../../shared/errors.ts'
import { ERRORS } from '../../shared/errors.ts'

/** The one error of this product: a stable code from the catalogue, facts for its message, and what caused it (for the log). */
export class LicenseError extends Error {
  override readonly name = 'LicenseError'
  readonly code: ErrorCode
  readonly details: ErrorDetails | undefined

  constructor(code: ErrorCode, options: { details?: ErrorDetails, cause?: unknown } = {}) {
    super(`${code} (${ERRORS[code].reference})`, { cause: options.cause })
    this.code = code
    this.details = options.details
  }
}
