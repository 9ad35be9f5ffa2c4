import { existsSync, realpathSync, statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import pg from 'pg'
import type { Method } from '../../shared/method-rules.ts'
import { METHODS } from '../../shared/method-rules.ts'
import { LicenseError } from '../license/errors.ts'
import { parsePostgresAddress, toOptions } from './postgres-address.ts'
import { findSettingsWay, settingPerTransaction } from './postgres-settings.ts'
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
    throw error instanceof LicenseError ? error.cause : error
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
  const address = parsePostgresAddress(url)
  const { connectionString, settings } = address
  // As the server itself: they may name the schema.
  const way = await findSettingsWay(address)
  const client = new pg.Client({
    connectionString, connectionTimeoutMillis: PATIENCE_MS, query_timeout: PATIENCE_MS, ...(way === 'session' ? { options: toOptions(settings) } : {}),
  })
  client.on('error', () => undefined)
  try {
    await client.connect()
    const session = way === 'session' ? client : settingPerTransaction(client, settings)
    const { rows } = await session.query<{ method: string }>(QUERY)
    return rows[0]?.method
  }
  finally {
    await client.end().catch(() => undefined)
  }
}
