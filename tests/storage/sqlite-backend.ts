import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { CompiledQuery, Kysely } from 'kysely'
import { afterAll } from 'vitest'
import type { Database } from '../../server/storage/schema.ts'
import { createSqliteDialect } from '../../server/storage/sqlite-dialect.ts'
import { unwatched } from './unwatched.ts'
import type { UpgradeBackend } from './upgrades.ts'

/** SQLite files of this test file, removed after it. */
export function useSqlite(): UpgradeBackend {
  const folder = mkdtempSync(join(tmpdir(), 'license-sqlite-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  let count = 0
  const freshPath = () => join(folder, `${++count}`, 'license.db')
  return {
    kind: 'sqlite',
    freshUrl: async () => `file:${freshPath()}`,
    async madeBy(statements) {
      const path = freshPath()
      mkdirSync(dirname(path))
      const database = new DatabaseSync(path)
      database.exec(statements)
      database.close()
      return `file:${path}`
    },
    connect: url => new Kysely<Database>({
      dialect: createSqliteDialect({ database: new DatabaseSync(fileURLToPath(url)), reader: () => undefined, health: unwatched() }),
    }),
    async plan(db, { sql, parameters }) {
      const query = CompiledQuery.raw(`explain query plan ${sql}`, [...parameters])
      return (await db.executeQuery<{ detail: string }>(query)).rows.map(row => row.detail)
    },
    walks: {
      all: ['SEARCH events USING INDEX sqlite_autoindex_events_1 (id<?)'],
      kind: ['SEARCH events USING INDEX events_kind_id (kind>? AND (kind,id)<(?,?))'],
    },
  }
}
