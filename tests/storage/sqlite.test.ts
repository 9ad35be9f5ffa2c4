import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { CompiledQuery, Kysely } from 'kysely'
import { afterAll } from 'vitest'
import type { Database } from '../../server/storage/schema.ts'
import { createSqliteDialect } from '../../server/storage/sqlite-dialect.ts'
import { describeStorage } from './contract.ts'
import { unwatched } from './unwatched.ts'
import { describeMillionEvents } from './million-events.ts'
import { describeUpgrades, type UpgradeBackend } from './upgrades.ts'

const folder = mkdtempSync(join(tmpdir(), 'license-sqlite-'))
afterAll(() => rmSync(folder, { recursive: true }))

let count = 0
const backend: UpgradeBackend = {
  kind: 'sqlite',
  freshUrl: async () => `file:${join(folder, `${++count}`, 'license.db')}`,
  async madeBy(statements) {
    const url = await backend.freshUrl()
    const path = url.slice('file:'.length)
    mkdirSync(dirname(path))
    const database = new DatabaseSync(path)
    database.exec(statements)
    database.close()
    return url
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
describeStorage('storage on SQLite', backend)
describeMillionEvents('a million events on SQLite', backend)
describeUpgrades('a database on SQLite', backend)
