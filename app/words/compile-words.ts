import { baseCompile } from '@intlify/message-compiler'

/* Source positions, of use only to editors. */
const PLACES = new Set(['start', 'end', 'loc'])

/**
 * Compiles all messages of a language's file, so that the browser needs no compiler. Messages of plain text stay strings.
 * Throws for a message that does not parse.
 */
export function compileWords(messages: unknown): unknown {
  if (typeof messages === 'string') return compileMessage(messages)
  return Object.fromEntries(Object.entries(Object(messages)).map(([name, inner]) => [name, compileWords(inner)]))
}

function compileMessage(message: string): unknown {
  // The characters with a meaning in messages (vue-i18n, "Message Format Syntax").
  if (!/[{}@|\\]/.test(message)) return message
  const { ast } = baseCompile(message, { jit: true, minify: true, onError: (error) => { throw error } })
  return withoutPlaces(ast)
}

function withoutPlaces(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withoutPlaces)
  if (typeof node !== 'object' || node === null) return node
  // Where a part is plain text, it is in `s`, and the items in `i` only repeat it.
  const isText = 's' in node
  return Object.fromEntries(Object.entries(node)
    .filter(([name]) => !PLACES.has(name) && !(isText && name === 'i'))
    .map(([name, inner]) => [name, withoutPlaces(inner)]))
}
