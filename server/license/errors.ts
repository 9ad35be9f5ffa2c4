import type { ErrorCode, ErrorDetails } from '../../shared/errors.ts'
import { ERRORS } from '../../shared/errors.ts'
import type { Finding, Seen } from '../../shared/findings.ts'

interface LicenseErrorOptions {
  details?: ErrorDetails | undefined
  seen?: Seen | undefined
  finding?: Finding | undefined
  cause?: unknown
}

/**
 * The product's only error class: a stable code from the catalogue, particulars for the message, what was found, and the cause
 * for the log.
 */
export class LicenseError extends Error {
  override readonly name = 'LicenseError'
  readonly code: ErrorCode
  readonly details: ErrorDetails | undefined
  readonly seen: Seen | undefined
  /** What was found, as it was stored and logged; not every error has been. */
  readonly finding: Finding | undefined

  constructor(code: ErrorCode, options: LicenseErrorOptions = {}) {
    super(`${code} (${ERRORS[code].reference})`, { cause: options.cause })
    this.code = code
    this.details = options.details
    this.seen = options.seen ?? options.finding
    this.finding = options.finding
  }
}
