import { readFileSync, statSync } from 'node:fs'
import { VARIABLES } from './config-variables.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** Where a setting came from, with the path if it was a file. */
export type Origin = { from: 'default' } | { from: 'environment' } | { from: 'file', path: string }

/** Reads the environment variable by variable, and collects problems so that all of them can be reported at once. */
export interface Source {
  /** The trimmed value; null if unset, empty or blank, since Compose files and Helm charts pass blanks for values left out. */
  text(name: string): string | null
  /** As `text`, from the variable or from the file that `<name>_FILE` names. */
  secret(name: string): string | null
  /**
   * As `secret`, but untrimmed, because it is compared with what somebody types. One line end at the end of a file is dropped.
   */
  literal(name: string): string | null
  /** A proxy variable, whose name may be in upper or lower case. */
  proxyText(name: string): string | null
  /** Records that a variable cannot be used, and what was expected; never its value. */
  reject(name: string, expected: string): void
  readonly problems: readonly string[]
  /** Whether the whole value is in quotation marks, which some env files leave in place. */
  isQuoted(name: string): boolean
  originOf(name: string): Origin
}

/** Bytes. Longer than any secret; keeps a wrong path from making the start read something huge. */
const LONGEST_FILE = 1 << 20

const QUOTED = /^(["'])[^]*\1$/
export const IN_QUOTES = 'the value is in quotation marks, which count as part of it; remove them'

export function createSource(env: Environment): Source {
  const problems: string[] = []
  const origins = new Map<string, Origin>()
  const quoted = new Set<string>()
  const isQuoted = (name: string) => quoted.has(name) || quoted.has(name.toLowerCase())
  const reject = (name: string, expected: string) => void problems.push(`${name}: ${expected}${isQuoted(name) ? `; ${IN_QUOTES}` : ''}`)
  const lookAt = (name: string, value: string | null) => {
    if (value && QUOTED.test(value.trim())) quoted.add(name)
  }

  /** Reads a file only once, because it may be a pipe. */
  function raw(name: string): string | null {
    const direct = env[name]?.trim() ? env[name] : null
    const path = env[`${name}_FILE`]?.trim()
    if (direct && path) {
      reject(name, `set either ${name} or ${name}_FILE, not both`)
      return null
    }
    if (!path) {
      if (direct) origins.set(name, { from: 'environment' })
      lookAt(name, direct ?? null)
      return direct ?? null
    }
    origins.set(name, { from: 'file', path })
    lookAt(`${name}_FILE`, path)
    const content = readSecret(path)
    if ('problem' in content) {
      reject(`${name}_FILE`, content.problem)
      return null
    }
    lookAt(name, content.text)
    return content.text
  }

  function text(name: string): string | null {
    const value = env[name]?.trim() || null
    if (value) origins.set(name, { from: 'environment' })
    lookAt(name, value)
    return value
  }

  return {
    text,
    secret: name => raw(name)?.trim() || null,
    literal: name => raw(name),
    proxyText(name) {
      const [lower, upper] = [text(name.toLowerCase()), text(name)]
      if (lower && upper && lower !== upper) reject(name, `${name} and ${name.toLowerCase()} have different values; set only one of them`)
      if (lower) origins.set(name, { from: 'environment' })
      return lower ?? upper
    },
    reject, problems, isQuoted,
    originOf: name => origins.get(name) ?? { from: 'default' },
  }
}

function readSecret(path: string): { text: string } | { problem: string } {
  let bytes: Buffer
  try {
    const { size } = statSync(path)
    if (size > LONGEST_FILE) return { problem: 'the file is far too large to hold a secret' }
    bytes = readFileSync(path)
  }
  catch {
    return { problem: 'expected the path of a file that can be read' }
  }
  const text = decode(bytes)
  if (text === null) return { problem: 'the file is not plain UTF-8 text (perhaps UTF-16); save it as UTF-8' }
  return text.trim() ? { text: text.replace(/\r?\n$/, '') } : { problem: 'the file is empty' }
}

/** Decodes UTF-8 and drops a byte order mark; null if it is not UTF-8. UTF-16 without a mark shows by its zero bytes. */
function decode(bytes: Buffer): string | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return text.includes('\0') ? null : text
  }
  catch {
    return null
  }
}

/** Where the value of each variable came from. */
export function originsOf(source: Source): Record<string, Origin> {
  return Object.fromEntries(VARIABLES.map(({ name }) => [name, source.originOf(name)]))
}

/** The entries between the commas. */
export function listOf(value: string | null): string[] {
  return (value ?? '').split(',').map(entry => entry.trim()).filter(Boolean)
}
