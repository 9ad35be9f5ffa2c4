import type { H3Error, H3Event } from 'h3'
import { send, setResponseHeader } from 'h3'
import type { ErrorCode } from '../../shared/errors.ts'
import { isErrorCode } from '../../shared/errors.ts'
import { LicenseError } from '../license/errors.ts'
import { getBase } from '../runtime/app.ts'
import { answerError } from './http-error.ts'

const STATUS: Readonly<Record<number, ErrorCode>> = { 404: 'NOT_FOUND', 405: 'HTTP_METHOD' }

/**
 * What the framework itself fails or refuses with, outside a page that somebody looks at: answered like every other error,
 * without its words and without an address. A page's own errors go on to the error page.
 */
export default async function errorHandler(error: H3Error, event: H3Event): Promise<void> {
  const code = codeOf(error)
  // A refusal that a page passes on is an answer, not worth a stack in the log.
  if (code !== 'INTERNAL') error.fatal = error.unhandled = false
  if (event.handled || isPage(event)) return
  const body = answerError(event, new LicenseError(code, { cause: error.cause ?? error }), getBase()?.refusals)
  setResponseHeader(event, 'cache-control', 'no-store')
  await send(event, JSON.stringify(body), 'application/json')
}

function codeOf({ statusCode, unhandled, data }: H3Error): ErrorCode {
  const { code }: { code?: unknown } = Object(data)
  if (isErrorCode(code)) return code
  if (statusCode >= 500 || unhandled) return 'INTERNAL'
  return STATUS[statusCode] ?? 'VALIDATION'
}

/** Paths that begin with an underscore are the framework's: assets, words, parts of pages. */
function isPage(event: H3Event): boolean {
  // The error page, rendered for the handler after this one.
  if (event.node.req.headers['x-nuxt-error'] !== undefined) return true
  return !/^\/+(_|api(\/|$)|metrics(\/|$))/.test(event.path) && /\btext\/html\b/.test(event.node.req.headers.accept ?? '')
}
