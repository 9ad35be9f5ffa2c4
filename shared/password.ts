/* What may be set as a password. Both sides check it: the forms before they send, the server in any case. */

export const PASSWORD_MIN = 10
export const PASSWORD_MAX = 256

/** White space, control characters, and what has no shape of its own: filler and zero-width characters, empty Braille. */
const UNSEEN = /^[\p{White_Space}\p{Cc}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800]*$/u

/**
 * The form in which passwords are hashed and compared: `é` is one character on most keyboards, and two (NFD) from some
 * password managers and macOS file names.
 */
export function toComparable(password: string): string {
  return password.normalize('NFC')
}

/** Whether the text may become a password: 10 to 256 characters, at least one of them visible. */
export function isUsablePassword(password: string): boolean {
  const text = toComparable(password)
  // By code point, as a person counts. Half a surrogate pair is no character, and every half would be hashed alike.
  const { length } = [...text]
  return length >= PASSWORD_MIN && length <= PASSWORD_MAX && text.isWellFormed() && !UNSEEN.test(text)
}
