import { KEY_PREFIX } from './credential.ts'

const LINE_BREAK = /\r\n|[\n\v\f\r\u2028\u2029]/
/** Mail programs break lines no earlier. */
const WRAPPED_AT = 60
/** How letters end; more than four letters each, for a shorter word may well be the end of a key. */
const CLOSING = /^(?:regards|thanks|cheers|greetings|sincerely|danke|merci|cordialement|saludos|gracias|atentamente|obrigad[ao])$/i

/** Puts the lines together again into which a key was wrapped; any other white space is left. */
export function unwrap(text: string): string {
  const lines = text.split(LINE_BREAK)
  return isWrapped(lines) ? lines.join('') : text
}

/** Only after a line that is long enough; a key, or how a letter ends, is no rest of one. */
function isWrapped(lines: readonly string[]): boolean {
  return lines.every((line, index) => index === 0 || !(line.startsWith(KEY_PREFIX) || CLOSING.test(line)))
    && lines.slice(0, -1).every(line => line.length >= WRAPPED_AT)
}
