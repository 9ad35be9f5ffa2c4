/**
 * Parses the JSON of an API response; the API's schema vouches for the type. Strings are reduced to what HTML can carry (one
 * kind of line break, no NUL, no lone surrogates), so that server and browser render the same page.
 */
export function parseAnswer<T>(text: string): T {
  return JSON.parse(text, (_name, value: unknown) => typeof value === 'string' ? textOfPage(value) : value)
}

function textOfPage(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(/[\0\p{Cs}]/gu, '\ufffd')
}
