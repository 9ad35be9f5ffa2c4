import { beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { EVENT_GROUPS, EVENT_KINDS } from '../../shared/contracts.ts'
import type { Operation } from '../../shared/operations.ts'
import { OPERATIONS } from '../../shared/operations.ts'
import { openApiDocument } from '../../server/http/openapi.ts'
import { createApiClient } from '../support/api-client.ts'
import { resolvePointer } from '../support/json-pointer.ts'
import { useStand } from '../support/stand.ts'

const stand = useStand()
const operations = Object.entries<Operation>(OPERATIONS)

const operationSchema = z.object({
  operationId: z.string().min(1),
  summary: z.string().min(1),
  description: z.string().min(1),
  tags: z.tuple([z.string()]),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  parameters: z.array(z.object({ name: z.string(), in: z.enum(['path', 'query', 'header']), required: z.boolean(), schema: z.looseObject({}) })).optional(),
  requestBody: z.object({ required: z.boolean(), content: z.record(z.string(), z.object({ schema: z.looseObject({}) })) }).optional(),
  responses: z.record(z.string().regex(/^[1-5]\d\d$/), z.looseObject({})),
})
const documentSchema = z.object({
  openapi: z.string().regex(/^3\.1\.\d+$/),
  servers: z.tuple([z.object({ url: z.literal('/'), description: z.string() })]),
  info: z.object({ title: z.string().min(1), version: z.string().min(1) }),
  paths: z.record(z.string().startsWith('/'), z.partialRecord(z.enum(['get', 'head', 'post', 'put', 'patch', 'delete']), operationSchema)),
  components: z.object({ schemas: z.record(z.string(), z.unknown()), securitySchemes: z.record(z.string(), z.object({ type: z.string() })) }),
})

let raw: unknown
let document: z.infer<typeof documentSchema>

beforeAll(async () => {
  raw = (await createApiClient(stand.product.url).request('GET', '/api/openapi.json')).body
  document = documentSchema.parse(raw)
})

/** A response, also where it is a component. */
const responseOf = (described: { responses: Record<string, { $ref?: unknown }> } | undefined, status: number) => {
  const found = described?.responses[status]
  return typeof found?.$ref === 'string' ? resolvePointer(raw, found.$ref) : found
}
const describedAs = ({ method, path }: Operation) =>
  document.paths[path.replace(/:(\w+)/g, '{$1}')]?.[z.enum(['get', 'post', 'put', 'patch', 'delete']).parse(method.toLowerCase())]

describe('/api/openapi.json', () => {
  it('is what every answer in these tests is held to', () => {
    expect(raw).toEqual(openApiDocument(document.info.version, '/'))
  })

  it.each(operations)('describes %s: input, answers, and who may call it', (name, operation) => {
    const described = describedAs(operation)
    expect(described?.operationId).toBe(name)
    expect(Object.keys(described?.responses ?? {})).toContain(String(operation.status ?? 200))
    expect(described?.requestBody !== undefined).toBe(operation.body !== undefined)
    expect(described?.security.length === 0).toBe(operation.access === 'public')
    const wanted = [...operation.path.matchAll(/:(\w+)/g)].map(([, parameter]) => parameter)
    expect(described?.parameters?.filter(each => each.in === 'path').map(each => each.name) ?? []).toEqual(wanted)
    const asked = operation.query instanceof z.ZodObject ? Object.keys(operation.query.shape) : []
    expect(described?.parameters?.filter(each => each.in === 'query').map(each => each.name) ?? []).toEqual(asked)
    if (operation.access !== 'public') expect(Object.keys(described?.responses ?? {})).toContain('401')
    if (operation.access === 'admin' || operation.person) expect(Object.keys(described?.responses ?? {})).toContain('403')
  })

  it.each(['listEvents', 'exportEvents'] as const)('says which kinds and groups of events can be asked of %s', (name) => {
    const kind = describedAs(OPERATIONS[name])?.parameters?.find(each => each.name === 'kind')
    expect(kind).toMatchObject({ in: 'query', required: false, schema: { enum: [...EVENT_KINDS, ...EVENT_GROUPS] } })
  })

  it('says that the activity is exported as JSON or as CSV', () => {
    const described = describedAs(OPERATIONS.exportEvents)
    expect(described?.parameters?.find(each => each.name === 'format')).toMatchObject({ required: false, schema: { enum: ['csv', 'json'] } })
    expect(described?.responses['200']).toMatchObject({ content: { 'application/json': {}, 'text/csv': { schema: { type: 'string' } } } })
  })

  it('says that a refused feature is 402, or 403 if the query asks for it', () => {
    const described = describedAs(OPERATIONS.checkFeature)
    for (const status of [402, 403]) expect(responseOf(described, status)).toMatchObject({ description: expect.stringContaining('FEATURE_NOT_LICENSED') })
    expect(described?.parameters?.find(each => each.name === 'deny')).toMatchObject({ required: false, schema: { const: '403' } })
  })

  it('says that the metrics are text, and which events a stream has', () => {
    expect(responseOf(describedAs(OPERATIONS.metrics), 200)).toMatchObject({ content: { 'text/plain': { schema: { type: 'string' } } } })
    for (const [name, names] of [['saveLicense', ['done', 'failed', 'step']], ['diagnose', ['done', 'failed', 'stage']]] as const) {
      const { content } = Object(responseOf(describedAs(OPERATIONS[name]), 200))
      const { oneOf } = Object(resolvePointer(raw, content['text/event-stream'].schema.$ref))
      expect(oneOf.map((event: { properties: { event: { const: string } } }) => event.properties.event.const).toSorted()).toEqual(names)
    }
  })

  it('requires a body where one is needed, and only there', () => {
    const required = operations.filter(([, operation]) => describedAs(operation)?.requestBody?.required).map(([name]) => name)
    expect(required.toSorted()).toEqual(['changePassword', 'createUser', 'login', 'previewLicense', 'putUsage', 'saveLicense', 'setup', 'updateUser'])
  })

  it('has an example of every body that is asked for, and of every part that has a name', () => {
    const bodies = operations.flatMap(([name, operation]) => {
      const asked = describedAs(operation)?.requestBody?.content['application/json']?.schema
      return asked && !asked.examples ? [name] : []
    })
    const parts = Object.entries(document.components.schemas).filter(([name, schema]) => !/.Event$/.test(name) && !Object(schema).examples)
    expect([bodies, parts.map(([name]) => name)]).toEqual([[], []])
  })

  it('describes nothing that is not served', () => {
    const described = Object.values(document.paths).flatMap(path => Object.values(path).map(each => each?.operationId))
    const served = operations.flatMap(([name, { method }]) => method === 'GET' ? [name, `${name}Head`] : [name])
    expect(described.toSorted()).toEqual(served.toSorted())
  })

  it('describes HEAD as its GET without bodies, and both are answered alike', async () => {
    const reads = Object.entries(document.paths).flatMap(([path, { get, head }]) => get ? [{ path, get, head }] : [])
    expect(reads.length).toBeGreaterThan(10)
    for (const { path, get, head } of reads) {
      expect([path, Object.keys(head?.responses ?? {})]).toEqual([path, Object.keys(get.responses)])
      for (const status of Object.keys(get.responses)) {
        const { content: _, ...bare } = Object(responseOf(get, Number(status)))
        expect([path, status, responseOf(head, Number(status))]).toEqual([path, status, bare])
      }
      expect([head?.security, head?.parameters]).toEqual([get.security, get.parameters])
      const target = path.replace(/\{\w+\}/g, 'sso')
      const [full, bare] = [await stand.admin.request('GET', target), await stand.admin.request('HEAD', target)]
      expect([path, bare.status, bare.text]).toEqual([path, full.status, ''])
    }
  })

  it('describes the 304 of every answer that carries an ETag, and of no other', async () => {
    for (const [name, { method, path }] of operations) {
      if (method !== 'GET') continue
      const { headers } = await stand.admin.request('GET', path.replace(/:\w+/g, 'sso'))
      const described = document.paths[path.replace(/:(\w+)/g, '{$1}')]?.get
      expect([name, Object.keys(described?.responses ?? {}).includes('304')]).toEqual([name, headers.has('etag')])
      expect([name, described?.parameters?.some(each => each.in === 'header' && each.name === 'If-None-Match') ?? false]).toEqual([name, headers.has('etag')])
    }
  })

  it('has no reference that leads nowhere', () => {
    const references = [...JSON.stringify(raw).matchAll(/"\$ref":"([^"]+)"/g)].map(([, target = '']) => target)
    expect(references.length).toBeGreaterThan(0)
    for (const target of new Set(references)) expect(resolvePointer(raw, target), target).toBeDefined()
  })

  it('names every security scheme it uses', () => {
    const used = Object.values(document.paths).flatMap(path => Object.values(path).flatMap(each => each?.security.flatMap(Object.keys) ?? []))
    expect(Object.keys(document.components.securitySchemes)).toEqual(expect.arrayContaining([...new Set(used)]))
  })
})
