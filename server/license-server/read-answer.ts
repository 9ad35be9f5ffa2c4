import type { z } from 'zod'
import type { NetworkErrorCode } from '../../shared/errors.ts'
import type { FindingCause, FindingFacts, Seen } from '../../shared/findings.ts'
import { seen } from '../../shared/findings.ts'
import type { CallFailure, CallOutcome, RefusalCode } from '../license/ports.ts'
import type { Answer } from './exchange.ts'
import { foreignAddress, foreignText, titleOf } from '../license/foreign-text.ts'
import { bareHost } from './address.ts'
import type { ErrorBodyCode } from './protocol.ts'
import { errorSchema } from './protocol.ts'
import { settingOf } from './way-failure.ts'

/*
 * Tells what an answer is: the one that was asked for, a refusal, or somebody else's. Who evidently answered decides, not the
 * status alone; the order of the questions is part of the rule.
 */

export function failure(what: Seen<NetworkErrorCode>, more: Partial<Omit<CallFailure, 'ok' | 'seen'>> = {}): CallFailure {
  return { ok: false, seen: what, refusal: null, answered: true, retryAfterMs: null, ...more }
}

/** Longer waits than this are not worth telling anyone. */
const LONGEST_WAIT = 7 * 86_400_000
/** What gateways answer if they get no usable answer (RFC 9110 §15.6; 503 is also sent for overload), and Cloudflare's range. */
const GATEWAY = new Set([502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 527])
const REFUSED = {
  unknown_key: 'refused_unknown_key', expired: 'refused_expired', revoked: 'refused_revoked', suspended: 'refused_suspended',
  bound_elsewhere: 'refused_bound_elsewhere', method_not_in_plan: 'refused_method_not_in_plan', bad_request: 'refused_bad_request',
} as const satisfies Record<Exclude<RefusalCode, 'rate_limited'>, FindingCause>

/** Reads the value out of an answer; whatever does not match `schema` is a failure. Never throws. */
export function readAnswer<T>(schema: z.ZodType<T>, answer: Answer): CallOutcome<T> {
  const { status, text, complete, headers } = answer
  if (status >= 200 && status < 300) {
    const known = readJson(answer)
    const parsed = schema.safeParse(known)
    return parsed.success ? { ok: true, value: parsed.data } : failure(seenInSuccess(answer, known !== undefined))
  }
  const ours = complete ? errorSchema.safeParse(parseJson(text)).data?.error.code : undefined
  return readFailure(answer, ours, retryAfterOf(headers))
}

function readFailure(answer: Answer, ours: ErrorBodyCode | undefined, retryAfterMs: number | null): CallFailure {
  const { status, headers, text } = answer
  const more = { retryAfterMs, cause: `HTTP ${status}` }
  const facts = factsOf(answer)
  if (ours === 'internal' || (ours !== undefined && status >= 500)) return failure(seen('SERVER_ERROR', 'server_error', facts), more)
  const limited = () => failure(seen('SERVER_RATE_LIMITED', 'rate_limited', { ...facts, retryAt: retryAtOf(retryAfterMs) }), more)
  if (ours === 'rate_limited' || (ours !== undefined && status === 429)) {
    return { ...limited(), refusal: ours === 'rate_limited' ? ours : null }
  }
  if (ours !== undefined) return failure(seen('SERVER_REFUSED', REFUSED[ours], { ...facts, refusal: ours }), { ...more, refusal: ours })
  if (GATEWAY.has(status)) return failure(seen('SERVER_ERROR', 'gateway', { ...facts, retryAt: retryAtOf(retryAfterMs) }), more)
  if (status === 429) return limited()
  // Only a proxy that nobody has configured can ask for a login here; the one that is configured does so before.
  if (status === 407) return failure(seen('NET_PROXY', 'proxy_login', { ...facts, proxy: foreignText(headerOf(headers, 'via')) }, 'http'), more)
  if (status >= 300 && status < 400) {
    const target = foreignAddress(headerOf(headers, 'location'), answer.url.href)
    return failure(seen('NET_CAPTIVE_PORTAL', 'redirect', { ...facts, target }), more)
  }
  // 511: Network Authentication Required (RFC 6585 §6).
  if (status === 511 || isPage(answer)) return failure(seen('NET_CAPTIVE_PORTAL', 'web_page', { ...facts, title: titleOf(text) }), more)
  if (status >= 500) return failure(seen('SERVER_ERROR', 'server_error_foreign', facts), more)
  return failure(seen('SERVER_NOT_A_LICENSE_SERVER', 'not_a_license_server', { ...facts, ...settingOf(answer.configured) }), more)
}

/** Why an answer that claims success is not the one that was asked for. */
function seenInSuccess(answer: Answer, isJson: boolean): Seen<NetworkErrorCode> {
  const { headers, text, complete } = answer
  const facts = factsOf(answer)
  if (isPage(answer) || /^\s*</.test(text)) return seen('NET_CAPTIVE_PORTAL', 'web_page', { ...facts, title: titleOf(text) })
  if (!isJson && complete && isJsonType(headers) && isCut(text)) {
    return seen('SERVER_RESPONSE_INVALID', 'cut_answer', { ...facts, bytes: Buffer.byteLength(text) })
  }
  return seen('SERVER_RESPONSE_INVALID', 'unreadable_answer', facts)
}

function factsOf({ url, status, headers }: Answer): FindingFacts {
  return {
    host: bareHost(url), url: foreignAddress(url.href), status, contentType: foreignText(headerOf(headers, 'content-type').split(';')[0]),
    server: foreignText(headerOf(headers, 'server')) ?? foreignText(headerOf(headers, 'via')),
  }
}

function isPage({ headers, text }: Answer): boolean {
  return /html/i.test(headerOf(headers, 'content-type')) || /^\s*<(?:!doctype html|html|head|body|meta|script)\b/i.test(text)
}

function isJsonType(headers: Answer['headers']): boolean {
  return /^application\/(?:[\w.-]+\+)?json\b/i.test(headerOf(headers, 'content-type'))
}

/** The JSON of an answer that may be believed to be ours; undefined if it is not. */
function readJson({ headers, text, complete }: Answer): unknown {
  const encoded = !['', 'identity'].includes(headerOf(headers, 'content-encoding').toLowerCase())
  return complete && !encoded && isJsonType(headers) && !/^\s*</.test(text) ? parseJson(text) : undefined
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  }
  catch {
    return undefined
  }
}

/** Whether this is the beginning of a JSON object, and no more. */
function isCut(text: string): boolean {
  const start = text.trim()
  return start.startsWith('{') && !start.endsWith('}')
}

function headerOf(headers: Answer['headers'], name: string): string {
  const value = headers[name]
  return (Array.isArray(value) ? value[0] : value) ?? ''
}

function retryAtOf(retryAfterMs: number | null): string | null {
  return retryAfterMs === null || retryAfterMs > LONGEST_WAIT ? null : new Date(Date.now() + retryAfterMs).toISOString()
}

/** `Retry-After` (RFC 9110 §10.2.3) in ms, a date measured against the answer's own `Date`; null if absent or senseless. */
function retryAfterOf(headers: Answer['headers']): number | null {
  const value = headerOf(headers, 'retry-after').trim()
  if (/^\d{1,15}$/.test(value)) return Number(value) * 1000
  const wait = Date.parse(value) - Date.parse(headerOf(headers, 'date'))
  return /[a-z]/i.test(value) && Number.isFinite(wait) && wait > 0 ? wait : null
}
