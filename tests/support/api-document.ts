import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { BROWSER_HEADERS, openApiDocument } from '../../server/http/openapi.ts'
import { pointerTo, resolvePointer } from './json-pointer.ts'

/* What the API's own OpenAPI document says of an answer. */

export interface Asked { method: string, path: string, body: unknown }
export interface Answered { status: number, headers: Headers, text: string }

interface Header { required?: boolean, schema: object }
interface Described { headers?: Record<string, unknown>, content?: Record<string, unknown> }
interface Operation { operationId: string, requestBody?: object, responses: Record<string, unknown> }
type PathItem = Record<string, Operation>

const DOCUMENT = openApiDocument('0.0.0', '/')
const ID = 'openapi'
const paths = DOCUMENT.paths as Record<string, PathItem>
const templates = Object.keys(paths).map(path => ({ path, pattern: new RegExp(`^${path.replaceAll('.', String.raw`\.`).replace(/\{\w+\}/g, '[^/]+')}$`) }))
const ajv = new Ajv2020({ strict: false, allErrors: true })
addFormats.default(ajv)
ajv.addSchema(DOCUMENT, ID)

/** Of the connection, for a proxy in front of a stream, and for browsers. */
const NOT_DESCRIBED: ReadonlySet<string> = new Set([
  'connection', 'content-length', 'content-type', 'date', 'keep-alive', 'transfer-encoding', 'x-accel-buffering',
  ...BROWSER_HEADERS.map(name => name.toLowerCase()),
])

/** The product does not name itself; proxies do, and add headers, or answer themselves. */
const throughProxy = (headers: Headers) => headers.has('server')

/** Where an answer differs from the document, one line each. Of pages and files, which it does not describe, there is none. */
export function driftOf(asked: Asked, answered: Answered): string[] {
  if (throughProxy(answered.headers) && !answered.headers.has('x-request-id')) return []
  const pathname = new URL(`http://localhost${asked.path}`).pathname.replace(/(?<=.)\/$/, '')
  const found = templates.find(({ pattern }) => pattern.test(pathname))
  if (!found) return /^\/(api(\/|$)|metrics$)/.test(pathname) ? driftFrom(pointerTo('#', 'components', 'responses', '404-NOT_FOUND'), asked, answered) : []
  const item = paths[found.path] ?? {}
  const method = asked.method.toLowerCase()
  const [name, operation] = Object.entries(item).find(([each]) => each === method) ?? Object.entries(item)[0] ?? []
  if (!name || !operation) return [`${found.path} has no operation`]
  // A method that the path does not have is answered as each of those that it has says: 405.
  if (name !== method && answered.status !== 405) return [`${answered.status} instead of 405`]
  if (!(answered.status in operation.responses)) return [`${operation.operationId} does not describe ${answered.status}`]
  const response = pointerTo('#', 'paths', found.path, name, 'responses', String(answered.status))
  return [...driftFrom(response, asked, answered), ...driftOfInput(pointerTo('#', 'paths', found.path, name), operation, asked, answered)]
}

function driftFrom(pointer: string, asked: Asked, { headers, text }: Answered): string[] {
  const [at, described] = resolve<Described>(pointer)
  return [...driftOfHeaders(at, described.headers ?? {}, headers), ...driftOfBody(at, described.content, asked, headers, text)]
}

function driftOfHeaders(at: string, described: Record<string, unknown>, headers: Headers): string[] {
  const known = new Map(Object.keys(described).map(name => [name.toLowerCase(), name]))
  const unknown = throughProxy(headers) ? [] : [...headers.keys()].filter(name => !known.has(name) && !NOT_DESCRIBED.has(name))
  const wrong = [...known].flatMap(([name, original]) => {
    const [of, { required, schema }] = resolve<Header>(pointerTo(at, 'headers', original))
    const value = headers.get(name)
    if (value === null) return required ? [`${name} is missing`] : []
    return errorsOf(pointerTo(of, 'schema'), 'type' in schema && schema.type === 'integer' ? Number(value) : value).map(error => `${name}: ${value}: ${error}`)
  })
  return [...unknown.map(name => `${name} is not described: ${headers.get(name)}`), ...wrong]
}

function driftOfBody(at: string, content: Record<string, unknown> | undefined, { method }: Asked, headers: Headers, text: string): string[] {
  if (method === 'HEAD') return text === '' ? [] : ['a body in answer to HEAD']
  const type = headers.get('content-type')?.split(';')[0]
  if (!content) return [...text === '' ? [] : [`a body that is not described: ${text}`], ...type ? [`${type} without a body`] : []]
  if (!type || !(type in content)) return [`${type} instead of ${Object.keys(content).join(' or ')}`]
  const schema = pointerTo(at, 'content', type, 'schema')
  if (type === 'text/event-stream') return eventsOf(text).flatMap(event => errorsOf(schema, event))
  return errorsOf(schema, type === 'application/json' ? parse(text) : text)
}

/** What was done was asked for with a body that the document describes. */
function driftOfInput(at: string, { requestBody }: Operation, { body }: Asked, { status }: Answered): string[] {
  if (status >= 300 || !requestBody || body === undefined) return []
  const schema = pointerTo(at, 'requestBody', 'content', 'application/json', 'schema')
  return errorsOf(schema, typeof body === 'string' ? parse(body) : body).map(error => `what was asked: ${error}`)
}

/** The events of a stream (WHATWG HTML §9.2) as our streams are: a name and a line of JSON each. */
export function eventsOf(text: string): { event: string, data: unknown }[] {
  return text.split('\n\n').filter(Boolean).map((block) => {
    const [, event = '', data = ''] = /^event: (\S+)\ndata: (.*)$/.exec(block) ?? []
    return { event, data: parse(data) }
  })
}

function errorsOf(schema: string, value: unknown): string[] {
  const validate = ajv.getSchema(`${ID}${encodeURI(schema)}`) ?? ajv.compile({ $ref: `${ID}${encodeURI(schema)}` })
  return validate(value) ? [] : (validate.errors ?? []).map(({ instancePath, message, params }) => `${instancePath || 'it'} ${message} ${JSON.stringify(params)}`)
}

/** What stands at a pointer, or where the reference there leads. */
function resolve<T extends object>(pointer: string): [at: string, value: T] {
  const value = Object(resolvePointer(DOCUMENT, pointer))
  return typeof value.$ref === 'string' ? [value.$ref, Object(resolvePointer(DOCUMENT, value.$ref))] : [pointer, value]
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  }
  catch {
    return undefined
  }
}
