import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openStorage, StorageOpenError, type Storage } from '../../server/storage/open.ts'
import { APPLICATION_ID } from '../../server/storage/sqlite-file.ts'
import { eventOf, fresh, saveOf, userOf } from './samples.ts'

/* The main file of a SQLite database, copied alone while it is in use. */

const folder = mkdtempSync(join(tmpdir(), 'license-copied-'))
afterAll(() => rmSync(folder, { recursive: true }))
let count = 0
const freshPath = () => join(folder, `${++count}.db`)
const open = (path: string) => openStorage({ url: `file:${path}`, baseDir: '/' })

/** Everything acknowledged is in the main file within a second (tests/unit/storage/sqlite-checkpoint.test.ts); load may add to that. */
const WITHIN = 30_000

describe('F88: a copy of the main file alone', () => {
  let path: string
  let storage: Storage
  beforeEach(async () => {
    path = freshPath()
    storage = await open(path)
    await storage.licenses.installation(fresh)
  })
  afterEach(() => storage.close())

  /** Copies the main file as soon as it holds everything; rejects when that takes longer than it may. */
  async function copyOf<T>(look: (copy: Storage) => Promise<T>): Promise<T> {
    await expect.poll(() => statSync(`${path}-wal`).size, { timeout: WITHIN, interval: 20 }).toBe(0)
    const copy = freshPath()
    copyFileSync(path, copy)
    const opened = await open(copy)
    try {
      return await look(opened)
    } finally {
      await opened.close()
    }
  }
  const identityOf = (copy: Storage) => copy.licenses.installation({ ...fresh, instanceId: 'f'.repeat(32) })

  it('F88: has the Instance ID of the first start', async () => {
    expect(await copyOf(identityOf)).toEqual(fresh)
  })

  it.each<[string, (of: Storage) => Promise<unknown>]>([
    ['an activation', ({ licenses }) => licenses.commit(saveOf(0))],
    ['an account', ({ accounts }) => accounts.createUser(userOf(), eventOf())],
    ['how many seats are used', ({ licenses }) => licenses.saveSeatsUsed(7)],
  ])('F88: has %s soon after it was acknowledged', async (_what, change) => {
    await change(storage)
    const whole = { snapshot: await storage.licenses.read(), users: await storage.accounts.listUsers() }
    expect(await copyOf(async copy => ({ snapshot: await copy.licenses.read(), users: await copy.accounts.listUsers() }))).toEqual(whole)
  })

  it('F88: has everything even while writes go on without a pause', async () => {
    let writing = true
    const writer = (async () => {
      while (writing) {
        await storage.licenses.appendEvent(eventOf())
        await new Promise(done => setImmediate(done))
      }
    })()
    try {
      const { version } = await storage.licenses.read()
      const stored = () => {
        const copy = freshPath()
        copyFileSync(path, copy)
        const database = new DatabaseSync(copy, { readOnly: true })
        try {
          return Number(database.prepare('select version from installation').get()?.version)
        } finally {
          database.close()
        }
      }
      await expect.poll(stored, { timeout: WITHIN, interval: 100 }).toBeGreaterThan(version)
    } finally {
      writing = false
      await writer
    }
  })

  it('F88: is tried again when somebody was in the way', async () => {
    const other = new DatabaseSync(path)
    other.exec('begin; select * from installation')
    await storage.licenses.commit(saveOf(0))
    // Longer than the first tries take.
    await new Promise(done => setTimeout(done, 1000))
    expect(statSync(`${path}-wal`).size).toBeGreaterThan(0)
    other.exec('rollback')
    other.close()
    await expect.poll(() => statSync(`${path}-wal`).size, { timeout: WITHIN }).toBe(0)
  })

  it('F88: has everything after a close, also while another process has the file open', async () => {
    const other = new DatabaseSync(path)
    other.prepare('select * from installation').get()
    await storage.licenses.commit(saveOf(0))
    await storage.close()
    const copy = freshPath()
    copyFileSync(path, copy)
    other.close()
    const opened = await open(copy)
    expect((await opened.licenses.read()).license).not.toBeNull()
    await opened.close()
  })
})

function execute(path: string, statements: string): void {
  const database = new DatabaseSync(path)
  database.exec(statements)
  database.close()
}

/** A sound, used database, closed. */
async function used(): Promise<string> {
  const path = freshPath()
  const { licenses, close } = await open(path)
  await licenses.installation(fresh)
  await licenses.commit(saveOf(0))
  await close()
  return path
}

async function expectRefused(path: string, sentence: RegExp): Promise<void> {
  const before = readFileSync(path)
  const error = await open(path).catch((cause: unknown) => cause)
  expect(error).toBeInstanceOf(StorageOpenError)
  expect(String(error)).toMatch(sentence)
  expect(String(error)).toContain(path)
  expect(String(error)).not.toContain('\n')
  expect(readFileSync(path).equals(before)).toBe(true)
  expect(existsSync(`${path}-wal`)).toBe(false)
}

describe('F88: a file of ours that is not whole is refused and left as it is:', () => {
  it('F88: without tables, as earlier releases left the main file until they stopped', async () => {
    const path = freshPath()
    execute(path, `pragma application_id = ${APPLICATION_ID}; pragma journal_mode = wal`)
    await expectRefused(path, /was copied without .*-wal/)
  })

  it.each([
    ['without the row of the installation', 'delete from installation', /installation row is missing/],
    ['without its Instance ID', 'update installation set instance_id = null', /Instance ID is missing/],
    ['without some of its tables', 'drop table users; update installation set instance_id = null', /tables are missing/],
  ])('F88: %s', async (_what, statements, sentence) => {
    const path = await used()
    execute(path, `pragma foreign_keys = off; ${statements}`)
    await expectRefused(path, sentence)
  })
})

describe('F88, F60: a first start that was cut off', () => {
  it.each([
    ['when the file was made', ''],
    ['when it was marked', `pragma application_id = ${APPLICATION_ID}`],
    ['when its list of migrations was made', `pragma application_id = ${APPLICATION_ID}; create table license_migration (name varchar(255) not null primary key, timestamp varchar(255) not null)`],
  ])('F60: %s is made good by the next', async (_when, statements) => {
    const path = freshPath()
    execute(path, statements)
    const storage = await open(path)
    expect(await storage.licenses.installation(fresh)).toEqual(fresh)
    await storage.close()
  })

  it('F60: when its tables were there and its Instance ID was not', async () => {
    const path = freshPath()
    await (await open(path)).close()
    const storage = await open(path)
    expect(await storage.licenses.installation(fresh)).toEqual(fresh)
    await storage.close()
  })
})
