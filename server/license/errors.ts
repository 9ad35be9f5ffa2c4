import type { ErrorCode, ErrorDetails } from '../../shared/errors.ts'
import { ERRORS } from '../../shared/errors.ts'

/** The product's only error class: a stable code from the catalogue, particulars for the message, and the cause for the log. */
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
