import { baseCompile } from '@intlify/message-compiler'

/* Where a part stood in its message: of use to an editor only. */
const PLACES = new Set(['start', 'end', 'loc'])

/**
 * A language's file with its messages already taken apart, so that the browser needs no compiler. A message that holds
 * nothing but text stays a string.
 */
export function compileWords(messages: unknown): unknown {
  if (typeof messages === 'string') return compileMessage(messages)
  return Object.fromEntries(Object.entries(Object(messages)).map(([name, inner]) => [name, compileWords(inner)]))
}

function compileMessage(message: string): unknown {
  // The characters that have a meaning in a message (vue-i18n, "Message Format Syntax").
  if (!/[{}@|\\]/.test(message)) return message
  const { ast } = baseCompile(message, { jit: true, minify: true, onError: (error) => { throw error } })
  return withoutPlaces(ast)
}

function withoutPlaces(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withoutPlaces)
  if (typeof node !== 'object' || node === null) return node
  // `s` is the text of a part that is nothing else; its items `i` say the same again.
  const isText = 's' in node
  return Object.fromEntries(Object.entries(node)
    .filter(([name]) => !PLACES.has(name) && !(isText && name === 'i'))
    .map(([name, inner]) => [name, withoutPlaces(inner)]))
}
