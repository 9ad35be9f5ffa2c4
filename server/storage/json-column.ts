import type { z } from 'zod'

/** Takes the text of a column; returns the value in it, or undefined when somebody has edited it to something else. */
export function readJson<T>(schema: z.ZodType<T>, text: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}
