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

/** A program that wraps fills every line but the last; what does not look so is a key with something else below it. */
function isWrapped([first = '', ...more]: readonly string[]): boolean {
  const last = more.at(-1)
  if (last === undefined || first.length < WRAPPED_AT || last.length > first.length || CLOSING.test(last)) return false
  return more.every((line, index) => !line.startsWith(KEY_PREFIX) && (index === more.length - 1 || line.length === first.length))
}
