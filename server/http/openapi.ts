import { z } from 'zod'
import type { Access, Operation } from '../../shared/operations.ts'
import { OPERATIONS } from '../../shared/operations.ts'
import { SUPPORT_EMAIL } from '../license/support-bundle.ts'
import type { Components, Json } from './openapi-components.ts'
import { createComponents } from './openapi-components.ts'
import type { Responses } from './openapi-responses.ts'
import { createResponses } from './openapi-responses.ts'

const SECURITY: Record<Access, Json[]> = {
  'public': [],
  'session': [{ session: [] }, { admin: [] }],
  'admin': [{ session: [] }, { admin: [] }],
  'session-or-service': [{ session: [] }, { admin: [] }, { service: [] }],
  'service': [{ service: [] }],
}

const CALLERS: Record<Access, string> = {
  'public': 'Anybody may call this.',
  'session': 'For whoever is signed in; a viewer gets neither e-mails nor addresses.',
  'admin': 'For administrators only.',
  'session-or-service': 'For services, and for whoever is signed in.',
  'service': 'For services only.',
}

const TAGS = {
  license: 'The license of this installation.',
  services: 'For NocoDB and other services: what is licensed, how much is used, how it is going.',
  auth: 'Signing in and out, and the first administrator.',
  users: 'Accounts.',
  operating: 'Health, and this document.',
} as const

/** Headers of every response that only browsers heed. Named once, in the description of the document. */
export const BROWSER_HEADERS = [
  'Content-Security-Policy', 'Cross-Origin-Opener-Policy', 'Origin-Agent-Cluster', 'Referrer-Policy', 'X-Content-Type-Options',
  'X-Download-Options', 'X-Frame-Options', 'X-Permitted-Cross-Domain-Policies', 'X-XSS-Protection',
] as const

const ABOUT = `The API behind *Admin Panel > License*. Times are ISO 8601 in UTC.

Every response carries \`X-Request-Id\`, which leads to its lines in the log. An error has a code and a reference in \`data\`, and a
\`finding\` where something was found. What only browsers heed is not listed with each response: ${BROWSER_HEADERS.map(name => `\`${name}\``).join(', ')}.

Where \`text/event-stream\` is offered, \`Accept\` asks for it; its schema describes one event, whose \`data\` is sent as JSON. The last
event is \`done\` with what the JSON response would be, or \`failed\` with an error; the status is 200 in both cases.`

/**
 * The OpenAPI 3.1 document of the API, generated from the operations and the schemas it runs on. `basePath` begins and ends with
 * a slash.
 */
export function openApiDocument(version: string, basePath: string): Json {
  const components = createComponents()
  const paths = pathsOf(components, createResponses(components))
  return {
    openapi: '3.1.0',
    info: {
      title: 'NocoDB license activation', version, description: ABOUT,
      contact: { name: 'NocoDB', email: SUPPORT_EMAIL, url: 'https://nocodb.com' },
      license: { name: 'Proprietary', identifier: 'LicenseRef-Proprietary' },
    },
    servers: [{ url: basePath.replace(/(?<=.)\/$/, ''), description: 'This installation' }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: { ...components.all(), securitySchemes: SCHEMES },
  }
}

function pathsOf(components: Components, responses: Responses): Record<string, Json> {
  const paths: Record<string, Json> = {}
  for (const [id, operation] of Object.entries<Operation>(OPERATIONS)) {
    const path = operation.path.replace(/:(\w+)/g, '{$1}')
    const shared = describeCall(operation, components)
    paths[path] = {
      ...paths[path],
      [operation.method.toLowerCase()]: { operationId: id, ...shared, responses: responses.of(id, operation) },
      ...(operation.method === 'GET' ? { head: headOf(id, shared, responses.ofHead(id, operation)) } : {}),
    }
  }
  return paths
}

interface Call extends Json { summary: string }

/** What is the same for an operation and for its HEAD: who may call it, and how. */
function describeCall(operation: Operation, components: Components): Call {
  const { summary, access, person, needsNoDatabase, path, params, query, body, etag } = operation
  const parameters = [...parametersOf('path', params), ...parametersOf('query', query), ...(etag ? [IF_NONE_MATCH] : [])]
  const caller = person ? 'For a person who is signed in; not for tokens.' : CALLERS[access]
  return {
    summary, description: needsNoDatabase ? `${caller} Answers also while the database is away.` : caller, tags: [tagOf(access, path)],
    security: person ? [{ session: [] }] : SECURITY[access],
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body ? { requestBody: requestBodyOf(body, components) } : {}),
  }
}

/** Every GET route also answers HEAD, without a body. */
function headOf(operationId: string, call: Call, responses: Json): Json {
  return { operationId: `${operationId}Head`, ...call, summary: `${call.summary} (headers only)`, responses }
}

/** A body that may be left out counts as an empty object. */
function requestBodyOf(schema: z.ZodType, components: Components): Json {
  return { required: !schema.safeParse({}).success, content: { 'application/json': { schema: components.schema(schema, 'input') } } }
}

const SCHEMES: Json = {
  session: {
    type: 'apiKey', in: 'cookie', name: 'nc_license_session_{id}',
    description: 'set by `login`; `{id}` is the first 8 hex digits of the SHA-256 of the Instance ID. Over https the name '
      + 'begins with `__Host-`, or with `__Secure-` where everything is served under a base path.',
  },
  admin: { type: 'http', scheme: 'bearer', description: 'a token of NC_ADMIN_TOKEN; a session cookie sent with it is ignored' },
  service: { type: 'http', scheme: 'bearer', description: 'a token of NC_SERVICE_TOKEN' },
}

const IF_NONE_MATCH: Json = {
  name: 'If-None-Match', in: 'header', required: false, schema: { type: 'string' }, example: '"6yV3lqkZ0hWn2bXcTfUeRsPa1mO"',
  description: 'the `ETag` of the version already known',
}

/** What an operation is about: whatever services may call is theirs, anything else goes by its path. */
function tagOf(access: Access, path: string): keyof typeof TAGS {
  if (access.includes('service')) return 'services'
  const [, , part = ''] = path.split('/')
  return part === 'license' || part === 'auth' || part === 'users' ? part : 'operating'
}

function parametersOf(place: 'path' | 'query', schema: z.ZodType | undefined): Json[] {
  if (!schema) return []
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...rest } = Object(property)
    return { name, in: place, required: place === 'path' || required.includes(name), ...(description ? { description } : {}), schema: rest }
  })
}
