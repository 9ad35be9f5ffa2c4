import type { z } from 'zod'

/** Parses a JSON column; undefined if somebody has edited it into something else. */
export function readJson<T>(schema: z.ZodType<T>, text: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}
