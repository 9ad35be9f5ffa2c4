import type { H3Event } from 'h3'
import { setResponseHeader } from 'h3'
import type { Operation } from '../../shared/operations.ts'
import { OPERATIONS } from '../../shared/operations.ts'
import { LicenseError } from '../license/errors.ts'
import type { ErrorBody } from './http-error.ts'
import { answerError } from './http-error.ts'

const operations: readonly Operation[] = Object.values(OPERATIONS)

/** Takes a request no route took; answers HTTP_METHOD with `Allow` where the path is known, else NOT_FOUND. */
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
