import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

let folder: string | undefined

/** Takes nothing; returns the environment in which a thousand starts compile their code once (Node's NODE_COMPILE_CACHE). */
export function compiled(): { NODE_COMPILE_CACHE: string } {
  folder ??= mkdtempSync(join(tmpdir(), 'nc-compiled-'))
  return { NODE_COMPILE_CACHE: folder }
}

export function forgetCompiled(): void {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
  folder = undefined
}
