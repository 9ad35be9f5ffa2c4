import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startProduct } from '../support/product-process.ts'
import { until } from '../support/stand.ts'

/* The built server as it arrives at somebody's: with something left out, damaged on the way, or made for another machine. */

const BUILT = fileURLToPath(new URL('../../.output-sandbox', import.meta.url))
const LONGEST = 120_000

let folder = ''
const at = (...path: string[]) => join(folder, 'output', ...path)
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nc-output-'))
  mkdirSync(at())
  // Linked, not copied: whatever is to be damaged is put in its place as a file of its own. Without what support/compiled.ts keeps there,
  // which other tests change meanwhile.
  const parts = ['server', 'public', 'nitro.json'].map(name => join(BUILT, name))
  const { status, stderr } = spawnSync('cp', ['-al', ...parts, at()], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

interface Ended { code: number | null, signal: NodeJS.Signals | null, said: string, logged: string }

/** Starts what is in the folder and waits for its end. */
async function run(command: string[] = [process.execPath]): Promise<Ended> {
  const [program = '', ...args] = [...command, at('server/index.mjs')]
  const child = spawn(program, args, {
    env: { PATH: process.env.PATH, HOST: '127.0.0.1', PORT: '0', DATABASE_URL: `file:${join(folder, 'license.db')}`, NC_LOG_FORMAT: 'json' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended: Ended = { code: null, signal: null, said: '', logged: '' }
  child.stdout.on('data', (chunk: Buffer) => { ended.logged += String(chunk) })
  child.stderr.on('data', (chunk: Buffer) => { ended.said += String(chunk) })
  const timer = setTimeout(() => child.kill('SIGKILL'), LONGEST)
  await once(child, 'close')
  clearTimeout(timer)
  return { ...ended, code: child.exitCode, signal: child.signalCode }
}

/** Ended with 1, having said one sentence that names `what`, and touched nothing. */
function expectRefused({ code, signal, said, logged }: Ended, what: RegExp): void {
  expect({ code, signal }, said + logged).toEqual({ code: 1, signal: null })
  expect(said).toMatch(/^This server cannot start: [^\n]+\.\n$/)
  expect(said).toMatch(what)
  expect(said).toMatch(/it was built for linux-(x64|arm64) \((glibc|musl)\)/)
  expect(existsSync(join(folder, 'license.db'))).toBe(false)
}

function chunkNamed(pattern: RegExp): string {
  const found = readdirSync(at('server/chunks'), { recursive: true, encoding: 'utf8' }).find(name => pattern.test(name))
  if (found === undefined) throw new Error(`the build has no ${pattern}`)
  return join('server/chunks', found)
}
const native = () => readdirSync(at('server/node_modules/@node-rs')).filter(name => name !== 'argon2')
  .map(name => join('server/node_modules/@node-rs', name))
const remove = (path: string) => rmSync(at(path), { recursive: true })
function replaceByFolder(path: string): void {
  remove(path)
  mkdirSync(at(path))
}
function rewrite(path: string, change: (content: Buffer) => Buffer | string): void {
  const content = readFileSync(at(path))
  remove(path)
  writeFileSync(at(path), change(content))
}
const cut = (path: string, length: number) => rewrite(path, content => content.subarray(0, length))
/** Sets a constant that the build has written into the entry. */
function setFact(name: string, value: unknown): void {
  rewrite('server/index.mjs', content => String(content).replace(new RegExp(`^const ${name} = .*$`, 'm'), `const ${name} = ${JSON.stringify(value)}`))
}

const DAMAGE: [string, RegExp, () => void][] = [
  ['the server is left out', /server\.mjs is missing/, () => remove('server/server.mjs')],
  ['the list of its parts is left out', /files\.json is missing/, () => remove('server/files.json')],
  ['the list of its parts is cut short', /files\.json is missing or damaged/, () => cut('server/files.json', 40)],
  ['a chunk that is loaded at once is left out', /chunks\/nitro\/nitro\.mjs is missing/, () => remove('server/chunks/nitro/nitro.mjs')],
  ['a chunk that is loaded at once is cut short', /chunks\/nitro\/nitro\.mjs is damaged/, () => cut('server/chunks/nitro/nitro.mjs', 70_000)],
  ['a chunk of one page is left out', /chunks\/build\/access.* is missing/, () => remove(chunkNamed(/^build\/access.*\.mjs$/))],
  ['a chunk of one call is a folder', /export|events\.get\.mjs is damaged/, () => replaceByFolder(chunkNamed(/events\.get\.mjs$/))],
  ['a file is damaged without a change of its size', /one of its files is damaged/, () => {
    rewrite('server/server.mjs', content => content.fill(' ').fill('(', 0, 10))
  }],
  ['node_modules is left out', /is missing/, () => remove('server/node_modules')],
  ['a package is left out', /undici.* is missing/, () => remove('server/node_modules/undici')],
  ['the native module is left out', /the native part of @node-rs\/argon2 cannot be loaded/, () => { for (const path of native()) remove(path) }],
  ['the native module is cut short', /argon2.*\.node is damaged/, () => {
    for (const path of native()) for (const name of readdirSync(at(path))) if (name.endsWith('.node')) cut(join(path, name), 5000)
  }],
  ['all of public/ is left out', /public\/\S+ is missing/, () => remove('public')],
  ['an asset is left out', /public\/_nuxt\/\S+ is missing/, () => remove(join('public/_nuxt', readdirSync(at('public/_nuxt')).find(name => name.endsWith('.js')) ?? ''))],
  ['public/ is a file', /public/, () => { remove('public'); writeFileSync(at('public'), '') }],
]

describe('F86: an output that is not whole ends the start with one sentence and 1:', () => {
  it.each(DAMAGE)('F86: %s', async (_what, named, damage) => {
    damage()
    expectRefused(await run(), named)
  })

  it('F86: the native module of another platform is named with both platforms', async () => {
    for (const path of native()) renameSync(at(path), at(dirname(path), 'argon2-darwin-arm64'))
    setFact('BUILT_FOR', { platform: 'darwin', arch: 'arm64', libc: '' })
    const { code, said } = await run()
    expect(code, said).toBe(1)
    expect(said).toMatch(/^This server cannot start: the native part of @node-rs\/argon2 cannot be loaded; it was built for darwin-arm64, but this is linux-\w+ \(\w+\): [^\n]+\.\n$/)
  })

  it.runIf(process.getuid?.() === 0)('F86: a file that its user may not read is named', async () => {
    chmodSync(folder, 0o755)
    rewrite('server/chunks/nitro/nitro.mjs', content => content)
    chmodSync(at('server/chunks/nitro/nitro.mjs'), 0o600)
    expectRefused(await run(['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', process.execPath]), /nitro\.mjs cannot be read/)
  })

  it('F86: an older Node is told which one is needed', async () => {
    setFact('NEEDED_NODE', 99)
    const { code, said } = await run()
    expect({ code, said }).toEqual({ code: 1, said: `This server needs Node.js 99 or newer; it was started on ${process.version}.\n` })
  })
})

describe('F86: what nothing depends on is not asked for:', () => {
  it.each(['server/package.json', 'nitro.json'])('F86: without %s it starts', async (path) => {
    remove(path)
    const product = await startProduct({ licenseServerUrl: 'http://127.0.0.1:9', entry: at('server/index.mjs') })
    await product.dispose()
  })
})

describe('F86: a file that is lost while the server runs', () => {
  it('F86: is a 500 and a line of the log for whoever needs it, and nothing to the others', async () => {
    const product = await startProduct({ licenseServerUrl: 'http://127.0.0.1:9', entry: at('server/index.mjs') })
    try {
      remove(chunkNamed(/openapi\.json\.get\.mjs$/))
      expect((await fetch(`${product.url}/api/openapi.json`)).status).toBe(500)
      await until('the log tells of it', () => /"level":"error".*openapi\.json\.get\.mjs/.test(product.output()))
      expect((await fetch(`${product.url}/api/health/ready`)).status).toBe(200)
      expect(product.process.exitCode).toBeNull()
    }
    finally {
      await product.dispose()
    }
  })
})

describe('F86: signals and lost outputs at a start', () => {
  it('F86: SIGTERM before it listens ends it with 0', async () => {
    // Its database can be reached, but never answers, so that it is still waiting when it is told to stop.
    const silent = spawnSync(process.execPath, ['-e', `
      const { spawn } = require('node:child_process')
      const { createServer } = require('node:net')
      const server = createServer(() => {}).listen(0, '127.0.0.1', () => {
        const env = { ...process.env, HOST: '127.0.0.1', PORT: '0', DATABASE_URL: 'postgres://a:b@127.0.0.1:' + server.address().port + '/c', NC_LOG_FORMAT: 'json' }
        const child = spawn(process.execPath, [process.argv[1]], { env, stdio: ['ignore', 'pipe', 'inherit'] })
        let log = ''
        child.stdout.on('data', (chunk) => {
          log += chunk
          if (log.includes('"starting"')) child.kill('SIGTERM')
        })
        child.on('exit', (code, signal) => { console.log(JSON.stringify({ code, signal, listened: log.includes('Listening') })); process.exit() })
      })`, at('server/index.mjs')], { encoding: 'utf8', timeout: LONGEST })
    expect(JSON.parse(silent.stdout || '{}'), silent.stderr).toEqual({ code: 0, signal: null, listened: false })
  })

  it('F86: it carries on when whatever reads its output goes away', async () => {
    const product = await startProduct({ licenseServerUrl: 'http://127.0.0.1:9', entry: at('server/index.mjs') })
    try {
      product.process.stdout?.destroy()
      product.process.stderr?.destroy()
      // Each writes a line: a failed sign-in is logged.
      for (let n = 0; n < 3; n++) {
        const { status } = await fetch(`${product.url}/api/auth/login`, {
          method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ email: 'a@b.co', password: 'wrong password' }),
        })
        expect(status).toBe(401)
      }
      expect(product.process.exitCode).toBeNull()
      expect(await product.stop()).toBe(0)
    }
    finally {
      await product.dispose()
    }
  })
})

it('F87: a database that is made while DATABASE_URL is not set is warned about, once', async () => {
  for (const warned of [true, false]) {
    const child = spawn(process.execPath, [at('server/index.mjs')], {
      cwd: folder, env: { PATH: process.env.PATH, HOST: '127.0.0.1', PORT: '0', NC_LOG_FORMAT: 'json' }, stdio: ['ignore', 'pipe', 'inherit'],
    })
    let logged = ''
    child.stdout.on('data', (chunk: Buffer) => { logged += String(chunk) })
    await until('it listens', () => logged.includes('Listening on'))
    child.kill('SIGTERM')
    await once(child, 'close')
    expect(/"level":"warn".*DATABASE_URL is not set/.test(logged)).toBe(warned)
    expect(existsSync(join(folder, '.data/license.db'))).toBe(true)
  }
})
