/**
 * Takes the text of an answer; returns the JSON in it, whose type the API's schema is the proof of. Strings become what an
 * HTML document can hold (line breaks of one kind, no NUL, no halves of characters): a page shows the same, whether the
 * server rendered it or the browser.
 */
export function parseAnswer<T>(text: string): T {
  return JSON.parse(text, (_name, value: unknown) => typeof value === 'string' ? textOfPage(value) : value)
}

function textOfPage(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(/[\0\p{Cs}]/gu, '\ufffd')
}
