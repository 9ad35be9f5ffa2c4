import { existsSync, realpathSync, statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import pg from 'pg'
import type { Method } from '../../shared/method-rules.ts'
import { METHODS } from '../../shared/method-rules.ts'
import { parsePostgresAddress, quoteName } from './postgres-address.ts'
import { isMissingTable } from './storage-cause.ts'
import { toDatabasePath } from './sqlite-file.ts'

const PATIENCE_MS = 3_000

/**
 * The method of the license that is stored in the database of this URL, without creating, migrating or writing anything; null
 * if none is. Rejects with what the driver throws if that cannot be read.
 */
export async function peekMethod({ url, baseDir }: { url: string, baseDir: string }): Promise<Method | null> {
  try {
    const method = url.startsWith('file:') ? peekSqlite(toDatabasePath(url, baseDir)) : await peekPostgres(url)
    return METHODS.find(each => each === method) ?? null
  }
  catch (error) {
    if (isMissingTable(error)) return null
    throw error
  }
}

const QUERY = 'select method from license'

function peekSqlite(given: string): unknown {
  if (!statSync(given, { throwIfNoEntry: false })?.size) return null
  // SQLite follows links, and keeps its log beside the file itself.
  const path = realpathSync(given)
  const address = pathToFileURL(path)
  // Without a -wal, nobody has it open. Even a reader would then leave a -wal and a -shm behind, which the user who starts the
  // server may not be allowed to write.
  if (!existsSync(`${path}-wal`)) address.searchParams.set('immutable', '1')
  const database = new DatabaseSync(address, { readOnly: true, timeout: PATIENCE_MS })
  try {
    return database.prepare(QUERY).get()?.method
  }
  finally {
    database.close()
  }
}

async function peekPostgres(url: string): Promise<unknown> {
  const { connectionString, schema } = parsePostgresAddress(url)
  const client = new pg.Client({
    connectionString, connectionTimeoutMillis: PATIENCE_MS, query_timeout: PATIENCE_MS,
  })
  client.on('error', () => undefined)
  try {
    await client.connect()
    const { rows } = await client.query<{ method: string }>(schema === null ? QUERY : `select method from ${quoteName(schema)}.license`)
    return rows[0]?.method
  }
  finally {
    await client.end().catch(() => undefined)
  }
}
