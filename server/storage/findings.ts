import type { Finding } from '../../shared/findings.ts'
import { diagnosticsSchema, findingSchema } from '../../shared/schemas.ts'
import type { Findings } from '../license/ports.ts'
import { write, type Connection, type Write } from './connection.ts'
import { readJson } from './json-column.ts'

const KEPT = 10

/** Adds a finding within a write in progress, and forgets all but the newest. */
export async function addFinding({ trx }: Write, finding: Finding): Promise<void> {
  const newest = await trx.selectFrom('findings').select('id').orderBy('id', 'desc').limit(1).executeTakeFirst()
  await trx.insertInto('findings').values({ id: (newest?.id ?? 0) + 1, finding: JSON.stringify(finding) }).execute()
  const oldest = await trx.selectFrom('findings').select('id').orderBy('id', 'desc').limit(1).offset(KEPT).executeTakeFirst()
  if (oldest) await trx.deleteFrom('findings').where('id', '<=', oldest.id).execute()
}

/** What was found lately, and the last run of diagnostics. */
export function createFindings(connection: Connection): Findings {
  const { db, attempt } = connection
  return {
    // Both leave `version` alone: no other replica has to look, and a refused credential changes nothing.
    saveFinding: finding => write(connection, step => addFinding(step, finding)),
    listFindings: () => attempt(async () => {
      const rows = await db.selectFrom('findings').select('finding').orderBy('id', 'desc').limit(KEPT).execute()
      return rows.flatMap(({ finding }) => readJson(findingSchema, finding) ?? [])
    }),
    saveDiagnostics: result => attempt(async () => {
      await db.updateTable('installation').set({ last_diagnostics: JSON.stringify(result) }).execute()
    }),
    readDiagnostics: () => attempt(async () => {
      const { last_diagnostics: text } = await db.selectFrom('installation').select('last_diagnostics').executeTakeFirstOrThrow()
      return text === null ? null : readJson(diagnosticsSchema, text) ?? null
    }),
  }
}
