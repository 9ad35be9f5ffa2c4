import { z } from 'zod'

export type Json = Record<string, unknown>
type Section = 'schemas' | 'headers' | 'responses'

/** What several places of an OpenAPI document refer to. */
export interface Components {
  /** A zod schema as JSON Schema. Those with an id become components, which the rest refers to. */
  schema(schema: z.ZodType, io: 'input' | 'output'): Json
  /** Adds a component unless it is there already, and returns a reference to it. */
  add(section: Section, name: string, value: Json): Json
  all(): Record<Section, Json>
}

export function createComponents(): Components {
  const sections: Record<Section, Json> = { schemas: {}, headers: {}, responses: {} }
  return {
    schema(schema, io) {
      const text = JSON.stringify(z.toJSONSchema(schema, { io, unrepresentable: 'any', target: 'draft-2020-12' }))
      const { $schema: _, $defs = {}, ...rest } = JSON.parse(text.replaceAll('"#/$defs/', '"#/components/schemas/'))
      Object.assign(sections.schemas, $defs)
      return rest
    },
    add(section, name, value) {
      sections[section][name] ??= value
      return { $ref: `#/components/${section}/${name}` }
    },
    all: () => sections,
  }
}
