import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execFileSync, spawnSync } from 'node:child_process'
import { build } from 'esbuild'
import { ensureSandboxBuild } from '../support/build.ts'

/*
 * `npm run build:testing`: the package `nocodb-license-testing` in .output-testing, ready for `npm pack`. It holds the sandbox build,
 * the sandbox license server and this folder, compiled, so that nothing is built where it is used.
 */

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const OUT = join(ROOT, '.output-testing')
const { version, engines } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
const { version: zod } = JSON.parse(readFileSync(join(ROOT, 'node_modules/zod/package.json'), 'utf8'))

ensureSandboxBuild()
rmSync(OUT, { recursive: true, force: true })
mkdirSync(join(OUT, 'panel'), { recursive: true })
// npm leaves symbolic links out.
execFileSync('cp', ['-rL', join(ROOT, '.output-sandbox/server'), join(OUT, 'panel/server')])
cpSync(join(ROOT, '.output-sandbox/public'), join(OUT, 'panel/public'), { recursive: true })
await build({
  entryPoints: {
    'index': join(ROOT, 'tests/testing-kit/index.ts'), 'playwright': join(ROOT, 'tests/testing-kit/playwright.ts'),
    'cli': join(ROOT, 'tests/testing-kit/cli.ts'), 'license-server': join(ROOT, 'tests/license-server/main.ts'),
  },
  outdir: OUT, outExtension: { '.js': '.mjs' }, bundle: true, splitting: true, format: 'esm', platform: 'node', target: 'node24',
  external: ['@playwright/test'], chunkNames: 'shared-[hash]', logLevel: 'warning', legalComments: 'none',
  banner: { js: `${requireNode()}import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);` },
})
declareTypes()
cpSync(join(ROOT, 'tests/license-server/keys'), join(OUT, 'keys'), { recursive: true })
cpSync(join(ROOT, 'docs/testing.md'), join(OUT, 'README.md'))
writeFileSync(join(OUT, 'package.json'), `${JSON.stringify({
  name: 'nocodb-license-testing', version, type: 'module', license: 'UNLICENSED', engines,
  description: 'The License screen of NocoDB Enterprise and a sandbox license server, to run end-to-end tests against',
  exports: {
    '.': { types: './types/tests/testing-kit/index.d.ts', default: './index.mjs' },
    './playwright': { types: './types/tests/testing-kit/playwright.d.ts', default: './playwright.mjs' },
  },
  bin: { 'nocodb-license-testing': 'cli.mjs' },
  files: ['*.mjs', 'keys', 'panel', 'types', 'README.md'],
  // Only the declarations name it.
  dependencies: { zod },
  peerDependencies: { '@playwright/test': '>=1.50' },
  peerDependenciesMeta: { '@playwright/test': { optional: true } },
}, null, 2)}\n`)
process.stdout.write('The testing kit is in .output-testing: npm pack ./.output-testing\n')

/** An older Node would fail wherever it first meets something it does not know. */
function requireNode(): string {
  const major = Number(/\d+/.exec(engines.node)?.[0])
  return `if (parseInt(process.versions.node) < ${major}) throw new Error('nocodb-license-testing needs Node.js ${major} or newer; this is ' + process.version);\n`
}

function declareTypes(): void {
  const { status, stdout } = spawnSync(process.execPath, [
    join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', join(ROOT, 'tests/testing-kit/tsconfig.json'), '--outDir', join(OUT, 'types'),
  ], { cwd: ROOT, encoding: 'utf8' })
  if (status !== 0) throw new Error(`the declarations cannot be made:\n${stdout}`)
}
