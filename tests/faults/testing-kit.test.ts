import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findBrowser } from '../support/browser/launch.ts'
import { startOwnLicenseServer } from '../support/stand.ts'

/* The testing kit as its users have it: packed, installed in a folder of its own, and used as docs/testing.md says, block by block. */

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const SUITE = mkdtempSync(join(tmpdir(), 'nc-suite-'))
const DOCUMENT = readFileSync(join(ROOT, 'docs/testing.md'), 'utf8')
const BLOCKS = [...DOCUMENT.matchAll(/^```(\w+)(?: in=(\w+))?\n([^]*?)^```$/gm)].map(([, language = '', place = '', text = '']) => ({ language, place, text }))

function run(command: string, cwd: string, env: Record<string, string> = {}): string {
  const { status, stdout, stderr } = spawnSync('bash', ['-euc', command], {
    cwd, encoding: 'utf8', timeout: 300_000,
    env: { ...process.env, NPM_CONFIG_PREFER_OFFLINE: 'true', NPM_CONFIG_AUDIT: 'false', NPM_CONFIG_FUND: 'false', CHROMIUM: findBrowser() ?? '', ...env },
  })
  if (status !== 0) throw new Error(`${command} ended with ${status}:\n${stdout.slice(-6000)}\n${stderr.slice(-3000)}`)
  return stdout
}

beforeAll(() => {
  mkdirSync(SUITE, { recursive: true })
  writeFileSync(join(SUITE, 'package.json'), '{ "private": true, "type": "module" }')
  for (const { text } of BLOCKS) {
    const file = /^(?:\/\/|#) (\S+\.\w+)$/m.exec(text.split('\n')[0] ?? '')?.[1]
    if (file) writeFileSync(join(SUITE, file), text)
  }
})
afterAll(() => rmSync(SUITE, { recursive: true, force: true }))

describe('the testing kit', () => {
  it('is packed by the commands of its documentation', () => {
    for (const { text } of BLOCKS.filter(({ place }) => place === 'project')) run(text, ROOT)
    run(`mv nocodb-license-testing-*.tgz ${SUITE}/`, ROOT)
  }, 600_000)

  it('works as its documentation says, every block of it', () => {
    const commands = BLOCKS.filter(({ place }) => place === 'suite').map(({ text }) => text)
    expect(commands.length).toBeGreaterThan(3)
    for (const command of commands) run(command, SUITE)
    // What has a file name is run by one of these commands, or here.
    expect(BLOCKS.filter(({ place, text }) => !place && !/^(?:\/\/|#) \S+\.\w+\n/.test(text))).toEqual([])
    run('npx playwright test', SUITE)
  }, 600_000)

  it('serves 1, 4 and 8 workers on one license server, again and again, without one failure', async () => {
    const { url } = await startOwnLicenseServer()
    for (const workers of [1, 4, 8]) {
      const report = run(`npx playwright test states.spec.ts time.spec.ts --workers ${workers} --repeat-each ${workers === 4 ? 2 : 1} --timeout 120000`, SUITE, { NOCODB_LICENSE_SERVER: url })
      expect(report).toMatch(/\d+ passed/)
      expect(report).not.toMatch(/\d+ (?:failed|flaky)/)
    }
  }, 900_000)

  it('says which Node it needs, instead of failing somewhere', () => {
    const server = join(SUITE, 'node_modules/nocodb-license-testing/license-server.mjs')
    const newer = join(dirname(server), 'needs-99.mjs')
    writeFileSync(newer, readFileSync(server, 'utf8').replace(/ < \d+\) throw/, ' < 99) throw'))
    const { status, stderr } = spawnSync(process.execPath, [newer], { encoding: 'utf8', timeout: 30_000 })
    expect(status).toBe(1)
    expect(stderr).toContain('nocodb-license-testing needs Node.js ')
    expect(stderr).toContain(process.version)
  })

  it('has types that a strict project compiles with', () => {
    writeFileSync(join(SUITE, 'tsconfig.json'), JSON.stringify({
      compilerOptions: { strict: true, noEmit: true, module: 'NodeNext', target: 'ESNext', types: ['node'], typeRoots: [join(ROOT, 'node_modules/@types')] },
      include: ['*.ts', '*.mts'],
    }))
    run(`node ${join(ROOT, 'node_modules/typescript/bin/tsc')} -p .`, SUITE)
  }, 120_000)

  it('leaves no process behind when the suite that started it is killed', async () => {
    const child = spawn(process.execPath, [join(SUITE, 'node_modules/nocodb-license-testing/cli.mjs'), 'start'], { stdio: ['pipe', 'pipe', 'inherit'] })
    const line = await new Promise<string>(resolve => child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString())))
    const { panel, vendor } = JSON.parse(line)
    child.kill('SIGKILL')
    for (const url of [`${panel.url}/api/health/live`, `${vendor.url}/__sandbox/health`]) {
      await expect.poll(() => fetch(url).then(() => 'answers', () => 'gone'), { timeout: 20_000 }).toBe('gone')
    }
    expect(dirname(SUITE)).toBe(tmpdir())
  }, 60_000)
})
