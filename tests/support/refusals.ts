/* Explains a test that trips over an answer it did not expect: it took an error for what it had asked for. */

let last: string | undefined

/** Remembers what was asked and how that was refused. */
export function noteRefusal(asked: string, status: number, text: string): void {
  last = `${asked} was answered ${status}: ${text}`
}

export function forgetRefusals(): void {
  last = undefined
}

/** Adds the last refusal to the error of a test that found nothing where it looked for something. */
export function nameRefusal(error: { name?: string, message: string }): void {
  if (error.name === 'TypeError' && last !== undefined) error.message += `\n${last}`
}
