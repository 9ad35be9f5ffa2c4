import type { H3Event } from 'h3'
import { setResponseHeader, setResponseStatus } from 'h3'
import { ERRORS } from '../../shared/errors.ts'
import type { Operation } from '../../shared/operations.ts'
import { OPERATIONS } from '../../shared/operations.ts'
import type { ErrorData } from '../../shared/contracts.ts'
import type { Audience } from '../../shared/redaction.ts'
import { redactFinding } from '../../shared/redaction.ts'
import { findingOfError } from '../license/credential-finding.ts'
import { LicenseError } from '../license/errors.ts'
import type { FoldedLog } from '../runtime/folded-log.ts'
import { stackOf } from '../runtime/log.ts'
import { currentRequest } from '../runtime/request-context.ts'
import { seenOfStorageError } from '../runtime/storage-finding.ts'

/** `Retry-After`, in seconds, for requests that failed because of the database. */
export const RETRY_STORAGE_AFTER = 2

/** Input that does not match its schema. Carries the names of the offending fields, never their values. */
export class ValidationError extends LicenseError {
  readonly fields: Record<string, string>
  constructor(fields: Record<string, string>) {
    super('VALIDATION')
    this.fields = fields
  }
}

/** The body of an error response, in h3's shape. */
export interface ErrorBody { error: true, statusCode: number, statusMessage: string, message: string, data: ErrorData }

/**
 * The error body for anything thrown. Anything but a LicenseError becomes INTERNAL and is logged; the log is folded because
 * anybody who finds a failing request can repeat it at will. `audience`: the caller, who sees no more than they may.
 */
export function errorBodyOf(thrown: unknown, log?: Pick<FoldedLog, 'error'>, audience: Audience = 'nobody'): ErrorBody {
  const error = thrown instanceof LicenseError ? thrown : new LicenseError('INTERNAL', { cause: thrown })
  if (error.code === 'INTERNAL') log?.error('a request ended unexpectedly', { cause: stackOf(error.cause) })
  const { status, reference } = ERRORS[error.code]
  const requestId = currentRequest()?.requestId
  const finding = findingOfError(error.code === 'STORAGE_UNAVAILABLE' ? { ...error, seen: seenOfStorageError(error, audience) } : error, Date.now())
  return {
    error: true, statusCode: status, statusMessage: error.code, message: error.code,
    data: {
      code: error.code, reference, ...(requestId === undefined ? {} : { requestId }),
      ...(error instanceof ValidationError ? { fields: error.fields } : {}),
      ...(error.details ? { details: { ...error.details } } : {}),
      ...(finding ? { finding: redactFinding(finding, audience) } : {}),
    },
  }
}

/** Sets the status and headers for anything thrown, and makes the body to send. */
export function answerError(event: H3Event, thrown: unknown, log?: Pick<FoldedLog, 'error'>, audience?: Audience): ErrorBody {
  const body = errorBodyOf(thrown, log, audience)
  setResponseStatus(event, body.statusCode)
  const retryAfter = body.data.code === 'STORAGE_UNAVAILABLE' ? RETRY_STORAGE_AFTER : body.data.details?.retryAfterSeconds
  if (typeof retryAfter === 'number') setResponseHeader(event, 'retry-after', retryAfter)
  if (body.data.code === 'UNAUTHENTICATED') setResponseHeader(event, 'www-authenticate', 'Bearer realm="license"')
  return body
}

const operations: readonly Operation[] = Object.values(OPERATIONS)

/** Answers a request that matches no route: HTTP_METHOD with `Allow` if the path exists, else NOT_FOUND. */
export function answerUnrouted(event: H3Event): ErrorBody {
  setResponseHeader(event, 'cache-control', 'no-store')
  const [pathname = ''] = event.path.split('?')
  const allowed = operations.filter(({ path }) => matches(path, pathname)).map(({ method }) => method)
  if (allowed.length > 0) setResponseHeader(event, 'allow', [...new Set(allowed)].join(', '))
  return answerError(event, new LicenseError(allowed.length > 0 ? 'HTTP_METHOD' : 'NOT_FOUND'))
}

function matches(template: string, pathname: string): boolean {
  const wanted = template.split('/')
  const given = pathname.replace(/\/$/, '').split('/')
  return wanted.length === given.length && wanted.every((part, index) => part.startsWith(':') || part === given[index])
}
