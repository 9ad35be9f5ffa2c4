import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { VARIABLES } from '../../server/runtime/config-variables.ts'
import { ADMIN, SERVICE_TOKEN } from '../support/product-process.ts'
import { runToEnd } from '../support/run-to-end.ts'
import { startOwnProduct } from '../support/stand.ts'

let folder = ''
beforeAll(async () => { folder = await mkdtemp(join(tmpdir(), 'nc-check-')) })
afterAll(() => rm(folder, { recursive: true, force: true }))

const CANARY = 'canary-7f3a-0123456789-0123456789-0123456789'

describe('the command check', () => {
  it('F87: says of every variable where it came from, shows no secret, and opens nothing', async () => {
    const asked: string[] = []
    const listener = createServer((request, response) => { asked.push(String(request.url)); response.end() }).listen(0, '127.0.0.1')
    onTestFinished(() => void listener.close())
    await once(listener, 'listening')
    const { port } = listener.address() as AddressInfo
    await writeFile(join(folder, 'token'), `${CANARY}\n`)
    const { code, output, files } = await runToEnd({
      NC_LICENSE_SERVER_URL: `http://127.0.0.1:${port}`, NC_LICENSE_KEY: 'nc_canary_key', NC_ADMIN_EMAIL: ADMIN.email,
      NC_ADMIN_PASSWORD: CANARY, NC_SERVICE_TOKEN_FILE: join(folder, 'token'), NC_LICENCE_KEY: 'x', HTTPS_PROXY: 'http://user:canary@proxy:1',
    }, 'check')
    expect(code, output).toBe(0)
    const lines = output.split('\n')
    for (const { name } of VARIABLES) expect(lines.filter(line => line.startsWith(`${name}: `)), name).toHaveLength(1)
    expect(lines).toContain(`NC_SERVICE_TOKEN: set, from the file ${join(folder, 'token')}`)
    expect(lines).toContain('NC_LICENSE_KEY: set')
    expect(lines).toContain('NC_LOG_LEVEL: not set')
    expect(lines).toContain(`NC_LICENSE_SERVER_URL: http://127.0.0.1:${port}`)
    expect(lines).toContain('Warning: NC_LICENCE_KEY is not read; was NC_LICENSE_KEY meant?')
    expect(lines).toContainEqual(expect.stringMatching(/^Database: SQLite, \/.*license\.db, which will be created$/))
    expect(output).not.toMatch(/canary|Listening|Instance ID/)
    expect(files).toEqual([])
    expect(asked).toEqual([])
  })

  it('F87: names all that cannot be used, a line each, and ends with 1', async () => {
    const { code, output, files } = await runToEnd({ PORT: 'x', NC_PUBLIC_URL: 'https://x/?', NC_TRUST_PROXY: '1', NC_SERVICE_TOKEN: CANARY, NC_SERVICE_TOKEN_FILE: '/x' }, 'check')
    expect(code).toBe(1)
    for (const name of ['PORT', 'NC_PUBLIC_URL', 'NC_TRUST_PROXY', 'NC_SERVICE_TOKEN']) expect(output).toMatch(new RegExp(`^${name}: .+$`, 'm'))
    expect(output).not.toContain('canary')
    expect(files).toEqual([])
  })

  it('F87: can be run beside a server on the same database, and leaves it alone', async () => {
    const product = await startOwnProduct({ licenseServerUrl: 'http://127.0.0.1:9' })
    const before = await readdir(product.dataDir)
    const { code, output } = await runToEnd({ DATABASE_URL: `file:${product.databaseFile}`, PORT: String(product.port) }, 'check')
    expect(code, output).toBe(0)
    expect(output).toContain(`Database: SQLite, ${product.databaseFile}\n`)
    expect(await readdir(product.dataDir)).toEqual(before)
  })

  it('F87: finds a database that cannot be made', async () => {
    await writeFile(join(folder, 'a-file'), '')
    const { code, output } = await runToEnd({ DATABASE_URL: `file:${join(folder, 'a-file', 'license.db')}` }, 'check')
    expect(code).toBe(1)
    expect(output).toContain('cannot be created')
  })

  it.each([['chekc'], ['--help'], ['check', '--netwrok'], ['check', '--network', 'twice'], ['check', 'twice']])('F87: %j is not known: usage, 1, and nothing is started', async (...command) => {
    const { code, output, files } = await runToEnd({ NC_SERVICE_TOKEN: SERVICE_TOKEN }, ...command.filter(word => word !== undefined))
    expect(code).toBe(1)
    expect(output).toMatch(/^Unknown command: /)
    expect(output).toContain('Usage: node index.mjs')
    expect(files).toEqual([])
  })
})
