import type { H3Error, H3Event } from 'h3'
import { send, setResponseHeader } from 'h3'
import type { ErrorCode } from '../../shared/errors.ts'
import { isErrorCode } from '../../shared/errors.ts'
import { LicenseError } from '../license/errors.ts'
import { getBase } from '../runtime/app.ts'
import { answerError } from './http-error.ts'

const STATUS: Readonly<Record<number, ErrorCode>> = { 404: 'NOT_FOUND', 405: 'HTTP_METHOD' }

/**
 * Answers errors that the framework raises itself in the same shape as our own, without its wording and without the requested
 * address. If a person is looking at a page, the error is left to the error page.
 */
export default async function errorHandler(error: H3Error, event: H3Event): Promise<void> {
  const code = codeOf(error)
  // Nitro logs a stack for these flags; a refusal that a page passes on is not worth one.
  if (code !== 'INTERNAL') error.fatal = error.unhandled = false
  if (event.handled || isPage(event)) return
  const cause = error.cause instanceof Error ? error.cause : error
  const body = answerError(event, new LicenseError(code, { cause }), getBase()?.refusals)
  setResponseHeader(event, 'cache-control', 'no-store')
  await send(event, JSON.stringify(body), 'application/json')
}

function codeOf({ statusCode, unhandled, data }: H3Error): ErrorCode {
  const { code }: { code?: unknown } = Object(data)
  if (isErrorCode(code)) return code
  if (statusCode >= 500 || unhandled) return 'INTERNAL'
  return STATUS[statusCode] ?? 'VALIDATION'
}

/**
 * Whether a person is waiting for a page. Paths that begin with an underscore are the framework's: assets, words, parts of
 * pages.
 */
function isPage(event: H3Event): boolean {
  // Nitro is rendering the error page, for the handler after this one.
  if (event.node.req.headers['x-nuxt-error'] !== undefined) return true
  return !/^\/+(_|api(\/|$)|metrics(\/|$))/.test(event.path) && /\btext\/html\b/.test(event.node.req.headers.accept ?? '')
}
