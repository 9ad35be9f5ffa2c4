import { DatabaseSync } from 'node:sqlite'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CompiledQuery, Kysely } from 'kysely'
import { expect, it, onTestFinished } from 'vitest'
import { createSqliteDialect } from '../../server/storage/sqlite-dialect.ts'
import { createHealthMonitor } from '../../server/storage/storage-health.ts'

/* A statement that was prepared once is used again: it must see what others have done meanwhile. */

function open() {
  const folder = mkdtempSync(join(tmpdir(), 'nc-statements-'))
  const file = join(folder, 'license.db')
  const database = new DatabaseSync(file)
  database.exec('pragma journal_mode = wal; create table t (id integer, text text); insert into t values (1, \'one\')')
  const reader = new DatabaseSync(file, { readOnly: true })
  const health = createHealthMonitor({ log: undefined, waitMeans: 'locked', quickMs: 250 })
  const db = new Kysely<unknown>({ dialect: createSqliteDialect({ database, reader: () => reader, health }) })
  onTestFinished(async () => {
    await db.destroy()
    health.close()
    rmSync(folder, { recursive: true })
  })
  return { file, read: async (sql: string, ...parameters: unknown[]) => (await db.executeQuery(CompiledQuery.raw(sql, parameters))).rows }
}

it('a statement asked again sees what another connection has written, and its new columns', async () => {
  const { file, read } = open()
  const all = () => read('select * from t where id >= ? order by id', 1)
  expect(await all()).toEqual([{ id: 1, text: 'one' }])
  const other = new DatabaseSync(file)
  other.exec('insert into t values (2, \'two\')')
  expect(await all()).toEqual([{ id: 1, text: 'one' }, { id: 2, text: 'two' }])
  other.exec('alter table t add column more integer default 7')
  other.close()
  expect(await all()).toEqual([{ id: 1, text: 'one', more: 7 }, { id: 2, text: 'two', more: 7 }])
})

it('many statements of one form run side by side, each with its own values', async () => {
  const { read } = open()
  const answers = await Promise.all(Array.from({ length: 300 }, (_, nth) => read('select ? as given', nth)))
  expect(answers).toEqual(Array.from({ length: 300 }, (_, nth) => [{ given: nth }]))
})

it('one statement more than are remembered pushes another out, and both go on answering', async () => {
  const { read } = open()
  for (let round = 0; round < 2; round++) {
    for (let nth = 0; nth < 150; nth++) expect(await read(`select ${nth} as given`)).toEqual([{ given: nth }])
  }
})
