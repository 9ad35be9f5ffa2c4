/* How a part of a token is known that was pasted without the rest. */

/** How everything begins that is a JSON object in base64url. */
export const JSON_START = 'eyJ'
/** 64 bytes in base64url, as every signature of a token is: of its last character only four bits count. */
const SIGNATURE = /^[\w-]{85}[AQgw]$/
/** What comes along before a token where the selection began too early. */
const SHORT_PREFIX = /^(?:[Bb]earer|[Tt]oken|JWT|jwt)?[-_]*eyJ/
const READABLE = /[\x20-\x7e]{12,}/g
/** Between the members of an object. */
const JSON_SEAM = /":[ "{[\dtfn-]|", ?"/
/** So much readable text is chance in no text of any length. */
const CERTAIN = 24

/** Whether this is the header, the payload or the signature of a token, or a piece of the first two. */
export function isTokenPart(text: string): boolean {
  return SHORT_PREFIX.test(text) || SIGNATURE.test(text) || [0, 1, 2, 3].some(offset => holdsJson(decode(text.slice(offset))))
}

/** Random bytes are readable too, here and there: most of a short text has to be, and to hold a seam. */
function holdsJson(decoded: string): boolean {
  const enough = Math.min(CERTAIN, decoded.length / 2)
  return (decoded.match(READABLE) ?? []).some(run => run.length >= enough && JSON_SEAM.test(run))
}

/** The bytes, one character each, of whole groups of four; nothing where it is not base64url. */
function decode(text: string): string {
  if (!/^[\w-]*$/.test(text)) return ''
  return atob(text.slice(0, text.length - text.length % 4).replaceAll('-', '+').replaceAll('_', '/'))
}
