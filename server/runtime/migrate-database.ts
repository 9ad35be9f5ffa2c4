import { LicenseError } from '../license/errors.ts'
import { causeOf, openStorage, postgresRemedy, StorageOpenError } from '../storage/open.ts'
import type { Checked } from './config-report.ts'
import type { Config } from './config.ts'

/*
 * `migrate`: brings the tables up to date and starts nothing, so that the role that serves on PostgreSQL need not be the one that
 * owns the tables.
 */

/**
 * Creates or updates the tables of the database and says so in lines for a person; or what keeps it from that, and what helps.
 * `version`: of this product, as at a start.
 */
export async function migrateDatabase({ databaseUrl, projectDir }: Pick<Config, 'databaseUrl' | 'projectDir'>, version: string): Promise<Checked> {
  try {
    const storage = await openStorage({ url: databaseUrl, baseDir: projectDir, version })
    await storage.close()
    const done = storage.migrations.length === 0 ? 'were up to date' : `have been ${storage.created ? 'created' : 'updated'} (${storage.migrations.join(', ')})`
    return { ok: true, lines: [`The tables of ${storage.location} ${done}.`] }
  }
  catch (error) {
    if (error instanceof StorageOpenError) return { ok: false, lines: [error.message] }
    if (!(error instanceof LicenseError)) throw error
    const why = error.cause instanceof Error ? error.cause.message : String(error.cause)
    return { ok: false, lines: [`The database cannot be used (${causeOf(error.cause)}: ${why}). ${postgresRemedy(error.cause, databaseUrl) ?? ''}`.trim()] }
  }
}
