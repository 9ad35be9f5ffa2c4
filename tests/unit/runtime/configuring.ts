import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import { onTestFinished } from 'vitest'
import { ConfigError, readConfig } from '../../../server/runtime/config.ts'

/* Environments to read, for the tests named config*. */

export type Env = Record<string, string>

export const LONG = 'a-token-of-more-than-thirty-two-characters'
export const PEM = rootCertificates[0] ?? ''
export const EMAIL = 'admin@example.com'

/** Makes an empty folder that is removed when the test ends; returns its path. */
export function makeFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'license-config-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

/** Writes a file that is removed when the test ends; returns its path. */
export function writeTextFile(content: string | Uint8Array): string {
  const path = join(makeFolder(), 'value.txt')
  writeFileSync(path, content)
  return path
}

/** Everything that stops a start with this environment, a line each. */
export function problemsOf(env: Env): readonly string[] {
  try {
    readConfig(env)
    return []
  }
  catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}
