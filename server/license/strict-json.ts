/**
 * A string, brace, bracket, colon or comma: all it takes to find the names of members. Linear: the alternatives do not
 * overlap, and an unterminated string (which JSON.parse has already refused) still matches instead of being tried again
 * from every quote in it.
 */
const JSON_TOKEN = /"(?:[^"\\]|\\.)*"?|[{}[\]:,]/gs

/**
 * Parses JSON. Throws a SyntaxError where JSON.parse does, and also if an object names a member twice: RFC 7515 §4 and
 * RFC 7519 §4 let the parser choose which one wins, so two parsers could read two different licenses.
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
