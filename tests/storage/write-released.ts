import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import { openStorage } from '../../server/storage/open.ts'
import { TABLES } from '../../server/storage/schema.ts'
import { startPostgres } from '../support/postgres-server.ts'
import { fileOf, listReleased, readSqliteSchema, toFile, type Row } from './released-databases.ts'

/*
 * Writes released/<version>.sql: the database of the release before, upgraded by this code. Columns and tables that are new are
 * empty in it: give them values, as a used installation has them, before it is committed.
 */

const [version] = process.argv.slice(2)
const RELEASE = /^\d+\.\d+\.\d+$/
const last = listReleased().findLast(({ version }) => RELEASE.test(version))
if (version === undefined || !RELEASE.test(version) || !last) throw new Error('usage: node tests/storage/write-released.ts <version>')

const folder = mkdtempSync(join(tmpdir(), 'license-released-'))
try {
  const path = join(folder, 'license.db')
  mkdirSync(dirname(path), { recursive: true })
  const before = new DatabaseSync(path)
  before.exec(last.statements('sqlite'))
  before.close()
  const { migrations, close } = await openStorage({ url: `file:${path}`, baseDir: '/' })
  await close()
  const made = { title: `${version}: ${last.version} and ${migrations.join(', ') || 'nothing new'}`, sqlite: readSqliteSchema(path), rows: readRows(path) }
  writeFileSync(fileOf(version), toFile({ ...made, postgres: [...last.schema('postgres'), ...await upgradePostgres(last.statements('postgres'))] }))
  process.stdout.write(`${fileOf(version)}\n`)
}
finally {
  rmSync(folder, { recursive: true })
}

function readRows(path: string): [string, Row[]][] {
  const database = new DatabaseSync(path, { readOnly: true })
  const read = (table: string): [string, Row[]] => [table, database.prepare(`select * from ${table} order by 1`).all()]
  try {
    return [...TABLES, 'license_migration', 'license_migration_lock'].map(read)
  }
  finally {
    database.close()
  }
}

/** Returns the statements by which the upgrade changed tables. */
async function upgradePostgres(statements: string): Promise<string[]> {
  const server = await startPostgres()
  const url = await server.createDatabase()
  const changes: string[] = []
  const client = new pg.Client(url)
  await client.connect()
  try {
    await client.query(statements)
    // Read from the server's own log of statements would need a restart; a trigger sees each as it was written.
    await client.query(`create table changes (id serial, statement text);
      create function note() returns event_trigger language plpgsql as $$
        begin insert into changes (statement) values (current_query()); end $$;
      create event trigger noted on ddl_command_end execute function note()`)
    await (await openStorage({ url, baseDir: '/' })).close()
    const { rows } = await client.query<{ statement: string }>('select statement from changes order by id')
    changes.push(...rows.map(({ statement }) => statement.trim().replace(/\s+/g, ' ')))
  }
  finally {
    await client.end()
    await server.remove()
  }
  return changes
}
