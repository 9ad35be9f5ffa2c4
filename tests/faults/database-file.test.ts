import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startProduct } from '../support/product-process.ts'
import { plainLines, runToEnd } from '../support/run-to-end.ts'
import { signInSoon, startOwnProduct } from '../support/stand.ts'
import { tally } from '../support/tally.ts'
import { startLicenseServer } from '../support/vendor/vendor-process.ts'

/* The production process on a database file that is damaged, or isn't ours. */

const folder = mkdtempSync(join(tmpdir(), 'nc-files-'))
const sound = join(folder, 'sound.db')
beforeAll(async () => {
  const licenseServer = await startLicenseServer()
  const product = await startProduct({ licenseServerUrl: licenseServer.url })
  const client = await signInSoon(product)
  for (const key of ['nc_demo_standard', 'nc_ag_demo_airgapped', 'nc_demo_standard']) expect((await client.save(key)).status).toBe(200)
  await product.stop()
  copyFileSync(product.databaseFile, sound)
  await product.dispose()
  await licenseServer.stop()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function execute(path: string, statements: string): void {
  const database = new DatabaseSync(path)
  database.exec(statements)
  database.close()
}
function overwrite(path: string, offset: number, bytes: Buffer): void {
  const content = readFileSync(path)
  bytes.copy(content, offset)
  writeFileSync(path, content)
}

const DAMAGE: [string, (path: string) => void][] = [
  ['somebody\'s notes', path => writeFileSync(path, 'these are somebody\'s notes\n'.repeat(200))],
  ['a picture', path => writeFileSync(path, Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'))],
  ['a few bytes of a database', path => writeFileSync(path, 'SQLite format 3\0')],
  ['half of the file', path => truncateSync(path, Math.floor(statSync(path).size / 2))],
  ['all but a byte of it', path => truncateSync(path, statSync(path).size - 1)],
  ['one page of it', path => truncateSync(path, 4096)],
  ['garbage for its header', path => overwrite(path, 0, Buffer.alloc(100, 0xa5))],
  ['garbage in a page', path => overwrite(path, 4096, Buffer.alloc(4096, 0xa5))],
  ['zeros in a page', path => overwrite(path, 4096, Buffer.alloc(4096))],
  ['a newer version', path => execute(path, 'insert into license_migration values (\'9999_later\', \'2040-01-01T00:00:00.000Z\')')],
  ['another program\'s database', (path) => {
    rmSync(path)
    execute(path, 'create table users (name text); insert into users values (\'theirs\')')
  }],
]

describe('F63: a database file that cannot be used', () => {
  it.each(DAMAGE)('F63: %s ends the start with one sentence, the file as it was', async (_what, damage) => {
    const path = join(folder, `${DAMAGE.findIndex(([what]) => what === _what)}.db`)
    copyFileSync(sound, path)
    damage(path)
    const before = readFileSync(path)
    const { code, output } = await runToEnd({ DATABASE_URL: `file:${path}`, NC_LOG_FORMAT: 'json', NC_LICENSE_SERVER_URL: 'http://127.0.0.1:9' })
    const said = plainLines(output)
    expect(code, output).toBe(1)
    expect(said).toHaveLength(1)
    expect(said[0]).toContain(path)
    expect(said[0]).toMatch(/\.$/)
    expect(output).not.toContain('Instance ID: ')
    expect(readFileSync(path).equals(before)).toBe(true)
    expect(existsSync(`${path}-wal`)).toBe(false)
    tally({ row: 'F63', tried: 1, crashed: 0 })
  })

  it('F63: the same file starts undamaged, so the damage was the cause', async () => {
    const dataDir = mkdtempSync(join(folder, 'whole-'))
    copyFileSync(sound, join(dataDir, 'license.db'))
    const product = await startOwnProduct({ licenseServerUrl: 'http://127.0.0.1:9', dataDir })
    expect((await (await signInSoon(product)).license()).state).toBe('active')
  })
})
