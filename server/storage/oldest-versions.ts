import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'
import { MIGRATIONS, OLDEST } from './migrations.ts'
import type { Database } from './schema.ts'

/* Which versions of this product can go on after migrations that they have never heard of. */

const FIRST_TO_NOTE = '0014_oldest_versions'

/** The oldest version that works on tables after these migrations; null if one of them does not say. */
export async function getOldestVersion(db: Kysely<Database>, migrations: readonly string[]): Promise<string | null> {
  const rows = await db.selectFrom('oldest_versions').select('version').where('migration', 'in', migrations).execute()
  return rows.length < migrations.length ? null : rows.map(row => row.version).reduce((one, other) => isOlder(one, other) ? other : one)
}

/** Whether the one is a lower version number than the other. */
export function isOlder(one: string, other: string): boolean {
  const [ours, theirs] = [one, other].map(text => text.split(/[.+-]/).slice(0, 3).map(Number))
  const parts = [0, 1, 2].map(part => (ours?.[part] ?? 0) - (theirs?.[part] ?? 0))
  return (parts.find(difference => difference !== 0) ?? 0) < 0
}

/** The migrations, each noting with its own change which versions can go on after it. */
export function withOldestVersions(): Record<string, Migration> {
  return Object.fromEntries(Object.entries(MIGRATIONS).map(([name, { up }]) => [name, {
    async up(db: Kysely<Database>) {
      await up(db)
      if (Object.hasOwn(OLDEST, name) && name >= FIRST_TO_NOTE) await noteOldestVersions(db)
    },
  }]))
}

/** What the migrations before it could not note, the first one that can notes for all. */
async function noteOldestVersions(db: Kysely<Database>): Promise<void> {
  const rows = Object.entries(OLDEST).map(([migration, version]) => ({ migration, version }))
  await db.insertInto('oldest_versions').values(rows).onConflict(conflict => conflict.column('migration').doNothing()).execute()
}
