import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { isOlder } from '../../server/storage/oldest-versions.ts'
import { MIGRATIONS, OLDEST } from '../../server/storage/migrations.ts'
import { openStorage, StorageOpenError } from '../../server/storage/open.ts'
import { fresh, saveOf } from './samples.ts'

/* A version back, and what there was before a migration. */

async function inUse() {
  const folder = mkdtempSync(join(tmpdir(), 'nc-versions-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'license.db')
  const open = async (version?: string) => {
    const storage = await openStorage({ url: `file:${file}`, baseDir: '/', ...(version === undefined ? {} : { version }) })
    onTestFinished(() => storage.close())
    return storage
  }
  const execute = (sql: string, path = file) => {
    const database = new DatabaseSync(path)
    database.exec(sql)
    database.close()
  }
  const storage = await open()
  await storage.licenses.installation(fresh)
  await storage.licenses.commit(saveOf(0))
  await storage.close()
  return { folder, file, open, execute }
}

const LATER = 'insert into license_migration values (\'9998_later\', \'2040-01-01T00:00:00.000Z\'), (\'9999_last\', \'2040-01-01T00:00:00.000Z\');'
const USABLE = `${LATER} insert into oldest_versions values ('9998_later', '0.4.0'), ('9999_last', '0.10.2')`

describe('tables that a newer version has left', () => {
  it.each(['0.10.2', '0.10.3', '0.11.0', '1.0.0'])('are used by version %s, which they say can', async (version) => {
    const { open, execute } = await inUse()
    execute(USABLE)
    const storage = await open(version)
    expect(storage.newer).toEqual(['9998_later', '9999_last'])
    expect((await storage.licenses.read()).license?.jti).toBe('lease-1')
  })

  it.each([
    ['an older version, named what it takes', USABLE, '0.10.1', /install version 0\.10\.2 or a newer one\.$/],
    ['a much older one', USABLE, '0.9.9', /install version 0\.10\.2 or a newer one\.$/],
    ['any version, if one of them does not say', `${LATER} insert into oldest_versions values ('9998_later', '0.1.0')`, '9.0.0', /install that version\.$/],
    ['any version, if none of them does', LATER, '9.0.0', /install that version\.$/],
    ['whoever has no version', USABLE, undefined, /install that version\.$/],
  ])('are refused to %s', async (_who, sql, version, sentence) => {
    const { open, execute } = await inUse()
    execute(sql)
    const opening = open(version)
    await expect(opening).rejects.toThrow(StorageOpenError)
    await expect(opening).rejects.toThrow(sentence)
  })

  it('are refused to one that would have to change them as well', async () => {
    const { open, execute } = await inUse()
    execute(`${USABLE}; delete from license_migration where name = '0013_change_notice'`)
    await expect(open('9.0.0')).rejects.toThrow(/install that version\.$/)
  })

  it('every migration that says who can go on after it is one that there is', () => {
    expect(Object.keys(OLDEST).filter(name => !Object.hasOwn(MIGRATIONS, name))).toEqual([])
  })

  it.each([['0.2.0', '0.10.0', true], ['0.10.0', '0.2.0', false], ['1.0.0', '1.0.0', false], ['1.0.0-rc.1', '1.0.1', true], ['2', '1.9.9', false]])('%s is older than %s: %s', (one, other, older) => {
    expect(isOlder(one, other)).toBe(older)
  })
})

describe('before a migration', () => {
  const BACK = 'delete from license_migration where name >= \'0014\'; drop table oldest_versions'

  it('the file is copied, with all that is in it, readable by nobody else', async () => {
    const { file, open, execute } = await inUse()
    execute(BACK)
    const storage = await open()
    expect(storage.migrations).toEqual(['0014_oldest_versions'])
    expect(storage.copy).toBe(`${file}.before-0014`)
    expect(statSync(`${file}.before-0014`).mode & 0o777).toBe(0o600)
    const copy = new DatabaseSync(`${file}.before-0014`, { readOnly: true })
    onTestFinished(() => copy.close())
    expect(copy.prepare('select jti from license').get()).toEqual({ jti: 'lease-1' })
    expect(copy.prepare('select count(*) as n from license_migration where name >= \'0014\'').get()).toEqual({ n: 0 })
  })

  it('a copy can be put in the place of the file, and is brought up to date like it', async () => {
    const { folder, file, open, execute } = await inUse()
    execute(BACK)
    await (await open()).close()
    for (const name of readdirSync(folder).filter(each => !each.endsWith('0014'))) rmSync(join(folder, name))
    const again = await openStorage({ url: `file:${file}.before-0014`, baseDir: '/' })
    onTestFinished(() => again.close())
    expect((await again.licenses.read()).license?.jti).toBe('lease-1')
    expect(again.copy).toBe(`${file}.before-0014.before-0014`)
  })

  it('one of an earlier try is written anew', async () => {
    const { file, open, execute } = await inUse()
    execute(BACK)
    for (const name of ['.before-0014', '.before-0014.unfinished']) writeFileSync(file + name, 'half of it')
    const { copy } = await open()
    expect(statSync(copy ?? '').size).toBeGreaterThan(4096)
    expect(existsSync(`${file}.before-0014.unfinished`)).toBe(false)
  })

  it('a copy that fails leaves nothing that would take room', async () => {
    const { folder, file, open, execute } = await inUse()
    execute(BACK)
    mkdirSync(`${file}.before-0014`)
    await expect(open()).rejects.toThrow()
    expect(readdirSync(folder).filter(name => name.endsWith('.unfinished'))).toEqual([])
  })

  it('nothing is copied at a first start, nor where there is nothing to change', async () => {
    const { folder, open } = await inUse()
    expect((await open()).copy).toBeNull()
    expect(readdirSync(folder).filter(name => name.includes('before'))).toEqual([])
  })
})
