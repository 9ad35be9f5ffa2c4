/**
 * Reads the JSON of an answer, whose type the API's schema vouches for. Strings become what an HTML document can hold (one
 * kind of line break, no NUL, no lone surrogates): a page then shows the same, whether the server rendered it or the browser.
 */
export function parseAnswer<T>(text: string): T {
  return JSON.parse(text, (_name, value: unknown) => typeof value === 'string' ? textOfPage(value) : value)
}

function textOfPage(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(/[\0\p{Cs}]/gu, '\ufffd')
}
