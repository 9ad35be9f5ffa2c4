/* A key or a token that comes as a file. */

/** In bytes. A token has a few hundred characters; the rest is room for the message around it. */
export const LARGEST_FILE = 65_536
export type FileProblem = 'tooLarge' | 'empty' | 'binary' | 'unreadable' | 'several'
export type FileText = { text: string, problem: null } | { text: null, problem: FileProblem }

/** Control characters that no text holds, other than tabs, what ends a line, and what colours a terminal. */
const BINARY = /(?![\t\n\v\f\r\u001b\u0080-\u009f])\p{Cc}/u
const refused = (problem: FileProblem): FileText => ({ text: null, problem })

/** The text of the one file that was chosen or dropped, or why there is none. */
export async function readCredentialFile(files: readonly Blob[]): Promise<FileText> {
  const [file, ...others] = files
  if (!file || others.length > 0) return refused(file ? 'several' : 'unreadable')
  if (file.size > LARGEST_FILE) return refused('tooLarge')
  let bytes: Uint8Array
  try {
    bytes = new Uint8Array(await file.arrayBuffer())
  }
  catch {
    // A folder, or a file that may not be read or is gone.
    return refused('unreadable')
  }
  const text = decode(bytes)
  if (text === null) return refused('binary')
  return text.trim() === '' ? refused('empty') : { text, problem: null }
}

/** Text as editors of all systems write it: UTF-8, UTF-16 with its mark, or what Windows used before. Null if it is no text. */
function decode(bytes: Uint8Array): string | null {
  const [first, second] = bytes
  const marked = first === 0xFF && second === 0xFE ? 'utf-16le' : first === 0xFE && second === 0xFF ? 'utf-16be' : null
  const text = marked ? new TextDecoder(marked).decode(bytes) : fromBytes(bytes)
  return BINARY.test(text) ? null : text
}

function fromBytes(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  }
  catch {
    return new TextDecoder('windows-1252').decode(bytes)
  }
}
