import { sql, type Kysely } from 'kysely'
import { isMissingTable } from './database-error.ts'
import type { Database } from './schema.ts'
import { StorageOpenError } from './storage-error.ts'

/**
 * Rejects with `StorageOpenError` unless the migrated database says whose it is, or was never used. A new Instance ID
 * would part it from its license, so none is made in silence where there has been another.
 */
export async function requireInstallationRow(db: Kysely<Database>, location: string): Promise<void> {
  const incomplete = (what: string, cause?: unknown) => new StorageOpenError(
    `The database ${location} is incomplete (${what}) and was left as it is: restore it from a whole backup.`, { cause },
  )
  try {
    const row = await db.selectFrom('installation').select(['instance_id', 'version']).executeTakeFirst()
    if (!row) throw incomplete('the row of the installation is missing')
    if (row.instance_id !== null) return
    const { rows } = await sql<{ used: number }>`
      select (select count(*) from users) + (select count(*) from license) + (select count(*) from license_seq) as used`.execute(db)
    if (row.version > 0 || Number(rows[0]?.used) > 0) throw incomplete('its Instance ID is missing')
  } catch (error) {
    throw isMissingTable(error) ? incomplete('tables are missing', error) : error
  }
}
