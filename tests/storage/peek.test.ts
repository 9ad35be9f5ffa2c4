import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { openStorage, peekMethod } from '../../server/storage/open.ts'
import { licenseOf, removalOf, saveOf } from './samples.ts'
import { listReleased } from './released-databases.ts'
import { useSqlite } from './sqlite-backend.ts'

/* What `check --network` asks a database beside the server, or before there is one: it must leave no trace. */

const backend = useSqlite()
const folder = mkdtempSync(join(tmpdir(), 'license-peek-'))
afterAll(() => rmSync(folder, { recursive: true }))
const peek = (url: string) => peekMethod({ url, baseDir: folder })
const filesBeside = (url: string) => readdirSync(dirname(fileURLToPath(url)), { recursive: true })

async function openDatabase(method?: 'standard' | 'airgapped' | 'offline') {
  const url = await backend.freshUrl()
  const storage = await openStorage({ url, baseDir: '/' })
  onTestFinished(() => storage.close())
  if (method) await storage.licenses.commit(saveOf(0, { license: licenseOf({ method }) }))
  return { url, ...storage }
}

describe('the method of the license in a database', () => {
  it.each(['standard', 'airgapped', 'offline'] as const)('is %s, seen while the server runs', async (method) => {
    const { url, licenses } = await openDatabase(method)
    const before = await licenses.read()
    expect(await peek(url)).toBe(method)
    expect(await licenses.read()).toEqual(before)
  })

  it('is seen after the server has stopped, leaving no file behind', async () => {
    const { url, close } = await openDatabase('offline')
    await close()
    const files = filesBeside(url)
    expect(await peek(url)).toBe('offline')
    expect(filesBeside(url)).toEqual(files)
  })

  it('is seen through a link, in what only the log beside the file itself holds', async () => {
    const { url } = await openDatabase('offline')
    const link = join(folder, 'link.db')
    symlinkSync(fileURLToPath(url), link)
    expect(existsSync(`${fileURLToPath(url)}-wal`)).toBe(true)
    expect(await peek(`file:${link}`)).toBe('offline')
    expect(readdirSync(folder)).not.toContain('link.db-wal')
  })

  it.each(listReleased().map(({ version, statements }) => [version, statements('sqlite')]))('is seen in one of %s, which stays of that version', async (_, statements) => {
    const url = await backend.madeBy(statements)
    const columns = () => {
      const database = new DatabaseSync(fileURLToPath(url), { readOnly: true })
      const names = database.prepare('select name from pragma_table_info(\'license\')').all().map(({ name }) => name)
      database.close()
      return names
    }
    const before = columns()
    expect(await peek(url)).toBe('standard')
    expect(columns()).toEqual(before)
  })

  it('is none without a license, after its removal, and where this version does not know it', async () => {
    const { url, licenses, location } = await openDatabase()
    expect(await peek(url)).toBeNull()
    await licenses.commit(saveOf(0))
    await licenses.commit(removalOf(1))
    expect(await peek(url)).toBeNull()
    await licenses.commit(saveOf(2))
    const database = new DatabaseSync(location)
    database.exec('pragma ignore_check_constraints = 1; update license set method = \'telepathy\'')
    database.close()
    expect(await peek(url)).toBeNull()
  })

  it.each<[string, string, () => void]>([
    ['there is no file', 'none.db', () => undefined], ['there is no folder', 'no/such/folder/license.db', () => undefined],
    ['the file is empty', 'empty.db', () => writeFileSync(join(folder, 'empty.db'), '')],
    ['it is somebody else\'s database', 'other.db', () => new DatabaseSync(join(folder, 'other.db')).exec('create table x (y)')],
  ])('is none where %s, and none is made', async (_, name, prepare) => {
    prepare()
    const files = readdirSync(folder, { recursive: true })
    expect(await peek(`file:${name}`)).toBeNull()
    expect(readdirSync(folder, { recursive: true })).toEqual(files)
  })

  it.each<[string, string, () => void]>([
    ['is no database', 'text.db', () => writeFileSync(join(folder, 'text.db'), 'a text that is no database, and long enough to be one '.repeat(9))],
    ['is a folder', 'folder.db', () => mkdirSync(join(folder, 'folder.db'))],
  ])('is not guessed where the file %s', async (_, name, prepare) => {
    prepare()
    await expect(peek(`file:${name}`)).rejects.toThrow()
  })
})
