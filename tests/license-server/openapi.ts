import { z } from 'zod'
import type { ControlOperation } from '../support/vendor/control-operations.ts'
import { CONTROL } from '../support/vendor/control-operations.ts'

type Json = Record<string, unknown>

/** The OpenAPI 3.1 document of the control API, made from the table that it validates by. */
export function openApiDocument(): Json {
  const paths: Record<string, Json> = {}
  const schemas: Json = { Error: { type: 'object', properties: { error: { type: 'string' } }, required: ['error'] } }
  for (const [operationId, operation] of Object.entries<ControlOperation>(CONTROL)) {
    const path = operation.path.replace(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [operation.method.toLowerCase()]: describe(operationId, operation, schemas) }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Control API of the sandbox license server', version: '1' },
    servers: [{ url: '/__sandbox' }],
    paths,
    components: { schemas },
  }
}

function describe(operationId: string, { method, path, summary, input, response, refusals = {} }: ControlOperation, schemas: Json): Json {
  const asQuery = method === 'GET' || method === 'DELETE'
  const parameters = [...(path.includes(':') ? [KEY_PARAMETER] : []), ...(asQuery ? queryOf(input) : [])]
  return {
    operationId, summary,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(asQuery ? {} : { requestBody: { content: contentOf(jsonSchema(input, 'input', schemas)) } }),
    responses: {
      200: { description: 'Done', content: contentOf(jsonSchema(response, 'output', schemas)) },
      400: { description: 'The input is not as described; the error says where', content: contentOf(ERROR) },
      ...Object.fromEntries(Object.entries(refusals).map(([status, description]) => [status, { description, content: contentOf(ERROR) }])),
    },
  }
}

const ERROR: Json = { $ref: '#/components/schemas/Error' }
const KEY_PARAMETER: Json = { name: 'key', in: 'path', required: true, schema: { type: 'string' }, description: 'a license key' }

const contentOf = (schema: Json): Json => ({ 'application/json': { schema } })

/** Moves named schemas to the components, and points references to them there. */
function jsonSchema(schema: z.ZodType, io: 'input' | 'output', schemas: Json): Json {
  const text = JSON.stringify(z.toJSONSchema(schema, { io, unrepresentable: 'any', target: 'draft-2020-12' }))
  const { $schema: _, $defs = {}, ...rest } = JSON.parse(text.replaceAll('"#/$defs/', '"#/components/schemas/'))
  Object.assign(schemas, $defs)
  return rest
}

function queryOf(schema: z.ZodType): Json[] {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  return Object.entries(properties).map(([name, property]) => ({ name, in: 'query', required: required.includes(name), schema: property }))
}
