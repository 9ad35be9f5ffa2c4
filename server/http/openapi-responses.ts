import { z } from 'zod'
import type { ErrorCode } from '../../shared/errors.ts'
import { ERRORS } from '../../shared/errors.ts'
import type { Operation } from '../../shared/operations.ts'
import { errorSchema } from '../../shared/schemas.ts'
import type { Components, Json } from './openapi-components.ts'

/** The responses of an operation by status. */
export interface Responses {
  of(operationId: string, operation: Operation): Record<string, Json>
  /** The same without bodies. */
  ofHead(operationId: string, operation: Operation): Record<string, Json>
}

interface Response { description: string, headers: Json, content?: Json }

const text = (example: string, rest: Json = {}): Json => ({ schema: { type: 'string', ...rest }, example })
const always = (header: Json): Json => ({ required: true, ...header })

/** Every header by the name of its component. */
const HEADERS = {
  RequestId: ['X-Request-Id', always({ description: 'leads to the log lines of this request', ...text('5f0c9a3b7d21e846', { pattern: '^[\\w.-]{1,64}$' }) })],
  NoStore: ['Cache-Control', always(text('no-store', { const: 'no-store' }))],
  AskAgain: ['Cache-Control', always({ description: 'may be kept by the caller, and only to ask again', ...text('private, no-cache', { const: 'private, no-cache' }) })],
  Vary: ['Vary', always(text('Cookie, Authorization', { const: 'Cookie, Authorization' }))],
  ETag: ['ETag', always(text('"6yV3lqkZ0hWn2bXcTfUeRsPa1mO"', { pattern: '^"[\\w-]{27}"$' }))],
  SessionBegins: ['Set-Cookie', always({ description: 'the session cookie, good for 7 days', ...text('nc_license_session_1a2b3c4d=…; Max-Age=604800; Path=/; HttpOnly; SameSite=Lax') })],
  SessionEnds: ['Set-Cookie', { description: 'deletes each session cookie that came along', ...text('nc_license_session_1a2b3c4d=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax') }],
  Download: ['Content-Disposition', always(text('attachment; filename="nocodb-license-3f9a1c5e.json"', { pattern: '^attachment; filename="[\\w.-]+"$' }))],
  Challenge: ['WWW-Authenticate', always(text('Bearer realm="license"', { const: 'Bearer realm="license"' }))],
  Allow: ['Allow', always({ description: 'the methods that this path has; with GET it has HEAD, too', ...text('GET, PUT, DELETE', { pattern: '^[A-Z]+(, [A-Z]+)*$' }) })],
  RetryAfter: ['Retry-After', always({ description: 'seconds', schema: { type: 'integer', minimum: 1 }, example: 2 })],
  RetryAfterIfSaid: ['Retry-After', { description: 'seconds, where the license server said so', schema: { type: 'integer', minimum: 1 }, example: 17 }],
} as const satisfies Record<string, readonly [name: string, header: Json]>
type HeaderName = keyof typeof HEADERS

/** Those that come with a code, always or now and then. */
const OF_CODE: Readonly<Partial<Record<ErrorCode, HeaderName>>> = {
  UNAUTHENTICATED: 'Challenge', HTTP_METHOD: 'Allow', RATE_LIMITED: 'RetryAfter', STORAGE_UNAVAILABLE: 'RetryAfter',
  SERVER_RATE_LIMITED: 'RetryAfterIfSaid', SERVER_ERROR: 'RetryAfterIfSaid',
}

/** Describes responses, and adds what they refer to to `components`. */
export function createResponses(components: Components): Responses {
  const headers = (names: readonly HeaderName[]): Json =>
    Object.fromEntries(names.map(name => [HEADERS[name][0], components.add('headers', name, HEADERS[name][1])]))

  function successOf(operationId: string, operation: Operation): Record<string, Response> {
    const { etag, status = 200 } = operation
    const content = contentOf(operationId, operation)
    const own = headers(headersOf(operation))
    return {
      [status]: { description: 'Success', headers: own, ...(content ? { content } : {}) },
      ...(etag ? { 304: { description: 'Not modified: If-None-Match names the current version', headers: own } } : {}),
    }
  }

  function contentOf(operationId: string, { response, events, csv, text: type }: Operation): Json | undefined {
    if (type) return { [type]: { schema: { type: 'string' } } }
    return response && {
      'application/json': { schema: components.schema(response, 'output') },
      ...(events ? { 'text/event-stream': { schema: components.schema(eventOf(operationId, events, response), 'output') } } : {}),
      ...(csv ? { 'text/csv': { schema: { type: 'string' } } } : {}),
    }
  }

  function errorOf(status: number, codes: readonly ErrorCode[]): Response {
    const own = codes.flatMap(code => OF_CODE[code] ?? [])
    const schema = {
      allOf: [
        components.schema(errorSchema, 'output'),
        { type: 'object', properties: { statusCode: { const: status }, data: { type: 'object', properties: { code: { enum: codes } } } } },
      ],
    }
    return {
      description: codes.map(code => `${code} (${ERRORS[code].reference})`).join(', '),
      headers: headers(['RequestId', 'NoStore', ...own]), content: { 'application/json': { schema } },
    }
  }

  const errors = (operation: Operation, describe: (status: number, codes: readonly ErrorCode[]) => Json) =>
    Object.fromEntries([...codesOf(operation)].map(([status, codes]) => [String(status), describe(status, codes)]))
  return {
    of: (id, operation) => ({
      ...Object.fromEntries(Object.entries(successOf(id, operation)).map(([status, response]) => [status, { ...response }])),
      ...errors(operation, (status, codes) => components.add('responses', nameOf(status, codes), { ...errorOf(status, codes) })),
    }),
    ofHead: (id, operation) => ({
      ...Object.fromEntries(Object.entries(successOf(id, operation)).map(([status, response]) => [status, withoutBody(response)])),
      ...errors(operation, (status, codes) => components.add('responses', `${nameOf(status, codes)}-head`, withoutBody(errorOf(status, codes)))),
    }),
  }
}

function withoutBody({ content: _, ...rest }: Response): Json {
  return rest
}

function headersOf({ etag, session, download }: Operation): HeaderName[] {
  return [
    'RequestId', ...(etag ? ['AskAgain', 'Vary', 'ETag'] as const : ['NoStore'] as const),
    ...(session === 'begins' ? ['SessionBegins'] as const : []), ...(session === 'ends' ? ['SessionEnds'] as const : []),
    ...(download ? ['Download'] as const : []),
  ]
}

/** One event of a stream: its steps, then `done` or `failed`. */
function eventOf(operationId: string, steps: Readonly<Record<string, z.ZodType>>, response: z.ZodType): z.ZodType {
  const [first, ...rest] = Object.entries({ done: response, failed: errorSchema, ...steps })
    .map(([event, data]) => z.object({ event: z.literal(event), data }))
  if (!first) throw new TypeError('no events')
  return z.discriminatedUnion('event', [first, ...rest]).meta({ id: `${operationId[0]?.toUpperCase()}${operationId.slice(1)}Event` })
}

/** Every code that an operation can return, by status. */
function codesOf(operation: Operation): Map<number, ErrorCode[]> {
  const { access, person, body, query, params, method, needsNoDatabase, errors = [], alsoAs = {} } = operation
  const codes: ErrorCode[] = [...errors, 'INTERNAL', 'HTTP_METHOD']
  if (!needsNoDatabase) codes.push('STORAGE_UNAVAILABLE')
  if (access !== 'public') codes.push('UNAUTHENTICATED')
  if (access === 'admin' || person) codes.push('FORBIDDEN')
  if (body) codes.push('PAYLOAD_TOO_LARGE')
  if (body ?? query ?? params) codes.push('VALIDATION')
  if (method !== 'GET') codes.push('CROSS_SITE')
  const byStatus = Map.groupBy(new Set(codes), code => ERRORS[code].status)
  for (const [status, code] of Object.entries(alsoAs)) byStatus.set(Number(status), [...byStatus.get(Number(status)) ?? [], code])
  return byStatus
}

const NAMED_BY_CODES = 4

/** The name of a component: its codes, or, where that would be long, their group. */
function nameOf(status: number, codes: readonly ErrorCode[]): string {
  const [first] = codes
  return `${status}-${codes.length > NAMED_BY_CODES && first ? ERRORS[first].group : codes.join('-')}`
}
