import { z } from 'zod'
import type { ErrorCode } from '../../shared/errors.ts'
import { ERROR_CODES, ERRORS } from '../../shared/errors.ts'
import type { Access, Operation } from '../../shared/operations.ts'
import { OPERATIONS } from '../../shared/operations.ts'

type Json = Record<string, unknown>

const SECURITY: Record<Access, Json[]> = {
  'public': [],
  'session': [{ session: [] }, { admin: [] }],
  'admin': [{ session: [] }, { admin: [] }],
  'session-or-service': [{ session: [] }, { admin: [] }, { service: [] }],
  'service': [{ service: [] }],
}

/** The OpenAPI 3.1 document of the API, generated from the schemas it runs on. */
export function openApiDocument(version: string, basePath: string): Json {
  const paths: Record<string, Json> = {}
  const schemas: Json = { Error: errorSchema() }
  for (const [id, operation] of Object.entries<Operation>(OPERATIONS)) {
    const path = operation.path.replace(/:(\w+)/g, '{$1}')
    const described = describe(id, operation, schemas)
    paths[path] = {
      ...paths[path], [operation.method.toLowerCase()]: described,
      ...(operation.method === 'GET' ? { head: withoutBodies(described) } : {}),
    }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'NocoDB license activation', version },
    servers: [{ url: basePath.replace(/(?<=.)\/$/, '') }],
    paths,
    components: {
      schemas,
      securitySchemes: {
        session: {
          type: 'apiKey', in: 'cookie', name: 'nc_license_session_{id}',
          description: 'set by `login`; `{id}` is the first 8 hex digits of the SHA-256 of the Instance ID. Over https the name '
            + 'begins with `__Host-`, or with `__Secure-` where everything is served under a base path.',
        },
        admin: { type: 'http', scheme: 'bearer', description: 'a token of NC_ADMIN_TOKEN; a session cookie sent with it is ignored' },
        service: { type: 'http', scheme: 'bearer', description: 'a token of NC_SERVICE_TOKEN' },
      },
    },
  }
}

interface Described extends Json { operationId: string, responses: Record<string, Json> }

function describe(operationId: string, operation: Operation, schemas: Json): Described {
  const { summary, access, person, body, response, events, csv, etag, status = 200 } = operation
  const parameters = [...parametersOf('path', operation.params), ...parametersOf('query', operation.query), ...(etag ? [IF_NONE_MATCH] : [])]
  const content = response && {
    'application/json': { schema: jsonSchema(response, 'output', schemas) },
    ...(events ? { 'text/event-stream': {} } : {}), ...(csv ? { 'text/csv': { schema: { type: 'string' } } } : {}),
  }
  return {
    operationId, summary, security: person ? [{ session: [] }] : SECURITY[access],
    ...(access === 'admin' ? { description: 'Administrators only.' } : {}),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body ? { requestBody: { required: true, content: { 'application/json': { schema: jsonSchema(body, 'input', schemas) } } } } : {}),
    responses: {
      [status]: { description: 'Success', ...(etag ? { headers: ETAG } : {}), ...(content ? { content } : {}) },
      ...(etag ? { 304: { description: 'Not modified: If-None-Match names the current version', headers: ETAG } } : {}),
      ...errorsOf(operation),
    },
  }
}

const ETAG: Json = { ETag: { schema: { type: 'string' } } }
const IF_NONE_MATCH: Json = { name: 'If-None-Match', in: 'header', required: false, schema: { type: 'string' } }

/** Every GET route also answers HEAD, without a body. */
function withoutBodies(get: Described): Described {
  const responses = Object.entries(get.responses).map(([status, { content: _, ...rest }]) => [status, rest])
  return { ...get, operationId: `${get.operationId}Head`, summary: `${get.summary} (headers only)`, responses: Object.fromEntries(responses) }
}

/** Moves named schemas to the components, and points references to them there. */
function jsonSchema(schema: z.ZodType, io: 'input' | 'output', schemas: Json): Json {
  const text = JSON.stringify(z.toJSONSchema(schema, { io, unrepresentable: 'any', target: 'draft-2020-12' }))
  const { $schema: _, $defs = {}, ...rest } = JSON.parse(text.replaceAll('"#/$defs/', '"#/components/schemas/'))
  Object.assign(schemas, $defs)
  return rest
}

function parametersOf(place: 'path' | 'query', schema: z.ZodType | undefined): Json[] {
  if (!schema) return []
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  return Object.entries(properties).map(([name, property]) => ({
    name, in: place, required: place === 'path' || required.includes(name), schema: property,
  }))
}

function errorsOf({ access, person, body, query, params, method, errors = [] }: Operation): Record<string, Json> {
  const codes: ErrorCode[] = [...errors, 'INTERNAL', 'STORAGE_UNAVAILABLE']
  if (access !== 'public') codes.push('UNAUTHENTICATED')
  if (access === 'admin' || person) codes.push('FORBIDDEN')
  if (body) codes.push('PAYLOAD_TOO_LARGE')
  if (body ?? query ?? params) codes.push('VALIDATION')
  if (method !== 'GET') codes.push('CROSS_SITE')
  const byStatus = Map.groupBy(new Set(codes), code => ERRORS[code].status)
  return Object.fromEntries([...byStatus].map(([status, group]) => [String(status), {
    description: group.map(code => `${code} (${ERRORS[code].reference})`).join(', '),
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
  }]))
}

function errorSchema(): Json {
  const strings = { type: 'object', additionalProperties: { type: 'string' } }
  return {
    type: 'object', required: ['statusCode', 'data'],
    properties: {
      error: { const: true }, statusCode: { type: 'integer' }, statusMessage: { type: 'string' }, message: { type: 'string' },
      data: {
        type: 'object', required: ['code', 'reference'],
        properties: {
          code: { enum: [...ERROR_CODES] }, reference: { type: 'string' }, requestId: { type: 'string' }, fields: strings, details: { type: 'object' },
          finding: { $ref: '#/components/schemas/Finding' },
        },
      },
    },
  }
}
