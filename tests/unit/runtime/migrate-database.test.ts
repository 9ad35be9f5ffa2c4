import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, it, onTestFinished } from 'vitest'
import { migrateDatabase } from '../../../server/runtime/migrate-database.ts'

/** A database that a newer version has migrated, noting the oldest version that can use it. */
async function leftByNewer(oldest: string) {
  const folder = mkdtempSync(join(tmpdir(), 'nc-migrate-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const config = { databaseUrl: 'file:license.db', projectDir: folder }
  expect(await migrateDatabase(config, '0.4.0')).toMatchObject({ ok: true, lines: [expect.stringMatching(/have been created \(0001_license, .*\)\.$/)] })
  const database = new DatabaseSync(join(folder, 'license.db'))
  database.exec('insert into license_migration values (\'9999_last\', \'2040-01-01T00:00:00.000Z\')')
  database.prepare('insert into oldest_versions values (\'9999_last\', ?)').run(oldest)
  database.close()
  return config
}

it.each(['0.4.0', '0.3.9'])('tables that a newer version has left, and that version %s can use, are up to date for 0.4.0', async (oldest) => {
  const config = await leftByNewer(oldest)
  expect(await migrateDatabase(config, '0.4.0')).toEqual({ ok: true, lines: [`The tables of ${join(config.projectDir, 'license.db')} were up to date.`] })
})

it('those that it cannot use are refused, and the answer names the version that it takes', async () => {
  expect(await migrateDatabase(await leftByNewer('0.4.1'), '0.4.0')).toEqual({
    ok: false, lines: [expect.stringMatching(/belongs to a newer version of this product and was left as it is: install version 0\.4\.1 or a newer one\.$/)],
  })
})
