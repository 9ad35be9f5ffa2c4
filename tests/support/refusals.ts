/* Explains a test that trips over an answer it did not expect: it took an error for what it had asked for. */

/** Of an answer: an error page may be long. */
const MOST_CHARACTERS = 1000
let last: string | undefined

/** Remembers what was asked and how that was refused. */
export function noteRefusal(asked: string, status: number, text: string): void {
  last = `${asked} was answered ${status}: ${text.slice(0, MOST_CHARACTERS)}`
}

export function forgetRefusals(): void {
  last = undefined
}

/** Adds the last refusal to the error of a test that found nothing where it looked for something. */
export function nameRefusal(error: { name?: string, message: string }): void {
  if (error.name === 'TypeError' && last !== undefined) error.message += `\n${last}`
}
