import type { ErrorCode, ErrorDetails } from '#shared/errors'
import { isErrorCode } from '#shared/errors'
import type { Finding } from '#shared/findings'
import { isFindingCause } from '#shared/findings'

/** Why a call failed. `UNREACHABLE`: no answer came from this server, though something in between may have answered in its place. */
export interface Failure {
  code: ErrorCode | 'UNREACHABLE'
  reference: string | null
  /** Finds the server's log lines about this request. */
  requestId: string | null
  status: number
  details: ErrorDetails
  /** What was found, if the server said so. */
  finding: Finding | null
  fields: Record<string, string>
  /** Seconds. */
  retryAfter: number | null
}

export type Result<T> = { ok: true, value: T } | { ok: false, failure: Failure }

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function pick<T>(source: unknown, accepts: (value: unknown) => value is T): Record<string, T> {
  const picked: Record<string, T> = {}
  if (!isRecord(source)) return picked
  for (const [name, value] of Object.entries(source)) if (accepts(value)) picked[name] = value
  return picked
}
const isText = (value: unknown): value is string => typeof value === 'string'
const isDetail = (value: unknown): value is string | number | null =>
  value === null || typeof value === 'string' || typeof value === 'number'

/** Whether a value is a finding whose cause this version has words for. */
export function isFinding(value: unknown): value is Finding {
  return isRecord(value) && isFindingCause(value.cause) && isText(value.code) && isText(value.reference) && isText(value.stage)
    && isText(value.at) && isRecord(value.facts) && Object.values(value.facts).every(isDetail)
}

/** Whether the request may have been carried out, although its answer did not come. */
export function mayBeDone({ code, status }: Failure): boolean {
  return code === 'UNREACHABLE' && (status === 0 || status === 408 || status >= 500)
}

export const UNREACHABLE: Failure = {
  code: 'UNREACHABLE', reference: null, requestId: null, status: 0, details: {}, finding: null, fields: {}, retryAfter: null,
}

/** The request's id from an error's `data`; null unless it looks like one. */
export function requestIdOf(data: unknown): string | null {
  return isRecord(data) && isText(data.requestId) && /^[\w.-]{1,64}$/.test(data.requestId) ? data.requestId : null
}

/**
 * Reads an error response: `body` as h3 sends it, or its `data` alone. Without a code it isn't ours: UNREACHABLE, with the status that
 * whoever is in between answered with. A code that isn't known is INTERNAL, and so is a 500, which may be ours after all.
 */
export function toFailure(body: unknown, status: number, retryAfter: string | null = null): Failure {
  const data = isRecord(body) && isRecord(body.data) ? body.data : body
  if (status !== 500 && !(isRecord(data) && 'code' in data)) return { ...UNREACHABLE, status, details: { status } }
  const seconds = Number(retryAfter)
  const known = isRecord(data) && isErrorCode(data.code)
  return {
    code: known && isErrorCode(data.code) ? data.code : 'INTERNAL',
    reference: isRecord(data) && isText(data.reference) ? data.reference : 'NCL-314',
    requestId: requestIdOf(data),
    status,
    details: isRecord(data) ? pick(data.details, isDetail) : {},
    finding: isRecord(data) && isFinding(data.finding) ? data.finding : null,
    fields: isRecord(data) ? pick(data.fields, isText) : {},
    retryAfter: retryAfter !== null && Number.isFinite(seconds) ? seconds : null,
  }
}
