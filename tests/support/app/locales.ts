import { readFileSync } from 'node:fs'

/** The messages of a language, as in app/locales. */
export function readLocale(code: string): Messages {
  return JSON.parse(readFileSync(new URL(`../../../app/locales/${code}.json`, import.meta.url), 'utf8'))
}

export interface Messages { [name: string]: Messages | string }

/** Every message with its dotted name. */
export function* flattenMessages(tree: Messages, prefix = ''): Generator<[string, string]> {
  for (const [name, value] of Object.entries(tree)) {
    if (typeof value === 'string') yield [prefix + name, value]
    else yield* flattenMessages(value, `${prefix}${name}.`)
  }
}
