import type { z } from 'zod'
import type { NetworkErrorCode } from '../../shared/errors.ts'
import type { CallFailure, CallOutcome } from '../license/ports.ts'
import type { Answer } from './exchange.ts'
import { refusalSchema } from './protocol.ts'

/* Tells what an answer is: the one that was asked for, a refusal, or somebody else's. */

export function failure(code: NetworkErrorCode, more: Partial<Omit<CallFailure, 'ok' | 'code'>> = {}): CallFailure {
  return { ok: false, code, refusal: null, answered: true, retryAfterMs: null, ...more }
}

/** Reads the value out of an answer; whatever does not match `schema` is a failure. Never throws. */
export function readAnswer<T>(schema: z.ZodType<T>, answer: Answer): CallOutcome<T> {
  const { status } = answer
  if (status === 407) return failure('NET_PROXY')
  if ((status >= 300 && status < 400) || status === 511) return failure('NET_CAPTIVE_PORTAL')
  if (status >= 200 && status < 300) return readSuccess(schema, answer)
  return readRefusal(answer)
}

function readSuccess<T>(schema: z.ZodType<T>, { headers, text, complete }: Answer): CallOutcome<T> {
  const type = headerOf(headers, 'content-type')
  if (/html/i.test(type) || /^\s*</.test(text)) return failure('NET_CAPTIVE_PORTAL')
  const encoded = !['', 'identity'].includes(headerOf(headers, 'content-encoding').toLowerCase())
  if (!complete || encoded || !/^application\/(?:[\w.-]+\+)?json\b/i.test(type)) return failure('SERVER_RESPONSE_INVALID')
  const parsed = schema.safeParse(parseJson(text))
  return parsed.success ? { ok: true, value: parsed.data } : failure('SERVER_RESPONSE_INVALID')
}

function readRefusal({ status, headers, text }: Answer): CallFailure {
  const parsed = refusalSchema.safeParse(parseJson(text))
  const refusal = parsed.success && status < 500 ? parsed.data.error.code : null
  const limited = status === 429 || refusal === 'rate_limited'
  return failure(limited ? 'SERVER_RATE_LIMITED' : 'SERVER_ERROR', { refusal, retryAfterMs: retryAfterOf(headers), cause: `HTTP ${status}` })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  }
  catch {
    return undefined
  }
}

function headerOf(headers: Answer['headers'], name: string): string {
  const value = headers[name]
  return (Array.isArray(value) ? value[0] : value) ?? ''
}

/** `Retry-After` (RFC 9110 §10.2.3) in ms, a date measured against the answer's own `Date`; null if absent or senseless. */
function retryAfterOf(headers: Answer['headers']): number | null {
  const value = headerOf(headers, 'retry-after').trim()
  if (/^\d{1,15}$/.test(value)) return Number(value) * 1000
  const wait = Date.parse(value) - Date.parse(headerOf(headers, 'date'))
  return /[a-z]/i.test(value) && Number.isFinite(wait) && wait > 0 ? wait : null
}
