/**
 * A string, a brace or bracket, a colon or a comma: all that matters for finding member names. Linear: no alternative
 * overlaps, and a string without its end (which JSON.parse has refused before) still matches, instead of being tried anew
 * from every quote in it.
 */
const JSON_TOKEN = /"(?:[^"\\]|\\.)*"?|[{}[\]:,]/gs

/**
 * Takes JSON text; returns its value. Throws a SyntaxError where JSON.parse does, and when an object names a member
 * twice (RFC 7515 §4 and RFC 7519 §4 leave it to the parser which one wins: two parsers could read two licenses).
 */
export function parseStrictJson(text: string): unknown {
  const value: unknown = JSON.parse(text)
  const open: (Set<string> | null)[] = []
  let last = ''
  for (const [token] of text.matchAll(JSON_TOKEN)) {
    if (token === '{') open.push(new Set())
    else if (token === '[') open.push(null)
    else if (token === '}' || token === ']') open.pop()
    else if (token === ':') addMember(open.at(-1), last)
    last = token
  }
  return value
}

function addMember(members: Set<string> | null | undefined, quoted: string): void {
  const name = String(JSON.parse(quoted))
  if (members?.has(name)) throw new SyntaxError('an object names a member twice')
  members?.add(name)
}
