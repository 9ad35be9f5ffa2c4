import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/* The vendor build, made beside the project's own: nobody's `.output` is overwritten by a trial. */

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const SOURCES = ['app', 'server', 'shared', 'nuxt.config.ts', 'package.json', 'tsconfig.json', 'tests/tsconfig.json', 'tests/license-server/keys']

export interface TrialBuild {
  /** What to start. */
  entry: string
  status: number | null
  stdout: string
  stderr: string
}

export interface Trial {
  /** Runs the vendor build, with the JWKS at that path or with none. */
  build(jwksFile?: string): TrialBuild
  remove(): void
}

/** Copies what a build is made of into a folder of the project, where it finds the installed packages. */
export function prepareTrial(): Trial {
  const folder = mkdtempSync(join(ROOT, '.trial-'))
  for (const source of SOURCES) cpSync(join(ROOT, source), join(folder, source), { recursive: true })
  return {
    build(jwksFile) {
      const { NC_LICENSE_JWKS_FILE: _, ...env } = process.env
      const { status, stdout, stderr } = spawnSync(join(ROOT, 'node_modules/.bin/nuxt'), ['build'], {
        cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 26,
        env: {
          ...env, NODE_ENV: 'production', NUXT_TELEMETRY_DISABLED: '1', NC_LICENSE_BUILD: 'vendor',
          ...(jwksFile === undefined ? {} : { NC_LICENSE_JWKS_FILE: jwksFile }),
        },
      })
      return { entry: join(folder, '.output/server/index.mjs'), status, stdout, stderr }
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
