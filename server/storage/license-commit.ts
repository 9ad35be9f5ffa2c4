import type { Kysely } from 'kysely'
import type { Change, Commit, SeqMark, Snapshot, StoredLicense } from '../license/stored-records.ts'
import { markIn, mayFollow } from '../license/record.ts'
import { isTerm } from './check-in-claim.ts'
import { bump, write, type Connection, type Write } from './connection.ts'
import { cancelDeactivations, queueDeactivation } from './deactivations.ts'
import { addCheckIn, addEvent } from './event-log.ts'
import { toAnchorColumns, toLicenseRow, toPreviousColumn, toSnapshot, toTrustedColumns } from './license-rows.ts'
import type { Database } from './schema.ts'

const SNAPSHOT = [
  'installation.revision', 'installation.version', 'installation.trusted_at', 'installation.trusted_uptime',
  'installation.trusted_boot', 'installation.trusted_continuous', 'installation.anchor_jti', 'installation.anchor_at',
  'installation.anchor_wall', 'installation.seats_used', 'installation.env_digest',
  'installation.renewal_attempt_at', 'installation.last_request', 'installation.previous_license',
  'license.method', 'license.lease', 'license.jti', 'license.verdict', 'license.verdict_kind', 'license.verdict_since', 'license.secret', 'license.masked_key',
  'license.activated_at', 'license.last_state', 'license.last_success_at', 'license.last_attempt_at', 'license.next_at',
  'license.consecutive_failures', 'license.failing_since', 'license.last_error', 'license.last_finding',
  'license_seq.sub as mark_sub', 'license_seq.seq as mark_seq', 'license_seq.jti as mark_jti',
] as const

/** Reads license and marks in one statement, so that both are from the same moment. An installation has few marks, mostly one. */
export async function readSnapshot(db: Kysely<Database>): Promise<Snapshot> {
  return toSnapshot(await db.selectFrom('installation')
    .leftJoin('license', join => join.onTrue()).leftJoin('license_seq', join => join.onTrue())
    .select(SNAPSHOT)
    .select(eb => eb.selectFrom('deactivations').select(({ fn }) => fn.max('created_at').as('at')).as('deactivated_at'))
    .execute())
}

/**
 * Under the lock, lets `change` decide on what is stored, and writes the outcome. 'stale' if something it was based on has
 * changed.
 */
export function commit(connection: Connection, input: Commit): Promise<Snapshot | 'stale'> {
  const { if: basis, term, seq, change } = input
  return write(connection, async (step) => {
    if ('revision' in basis && step.installation.revision !== basis.revision) return 'stale'
    if (term !== undefined && !await isTerm(step, term)) return 'stale'
    const stored = await readSnapshot(step.trx)
    if ('jti' in basis && stored.license?.jti !== basis.jti) return 'stale'
    if (seq && !mayFollow(markIn(stored.marks, seq.sub), seq)) return 'stale'
    const decision = change(stored.license)
    if (decision === 'stale') return 'stale'
    await writeChange(step, 'jti' in basis ? stored.license : null, decision, input)
    return readSnapshot(step.trx)
  })
}

/** `before`: the row that the commit goes on with; null if it puts a license in its place. */
async function writeChange(step: Write, before: StoredLicense | null, change: Change, input: Commit): Promise<void> {
  const { seq, trusted, anchor, provisionedDigest, event } = input
  const { license, visible, checkIn, deactivate, cancels, previous } = change
  if (license && before) await updateLicense(step, before, license)
  else await replaceLicense(step, license)
  if (seq) await saveMark(step, seq)
  if (cancels) await cancelDeactivations(step, cancels)
  if (deactivate) await queueDeactivation(step, deactivate)
  if (checkIn) await addCheckIn(step, checkIn)
  await addEvent(step, event)
  await bump(step, {
    ...(trusted ? toTrustedColumns(trusted) : {}),
    ...(anchor ? toAnchorColumns(anchor) : {}),
    ...(provisionedDigest === undefined ? {} : { env_digest: provisionedDigest }),
    ...(previous === undefined ? {} : { previous_license: previous && toPreviousColumn(previous) }),
    revision: step.installation.revision + (visible ? 1 : 0),
  })
}

async function replaceLicense({ trx }: Write, license: StoredLicense | null): Promise<void> {
  if (!license) {
    await trx.deleteFrom('license').execute()
    return
  }
  const row = toLicenseRow(license)
  await trx.insertInto('license').values(row).onConflict(conflict => conflict.column('id').doUpdateSet(row)).execute()
}

/** Writes only what has changed: what this version cannot read in the row, a newer one may have written. */
async function updateLicense({ trx }: Write, before: StoredLicense, after: StoredLicense): Promise<void> {
  const known = new Map<string, unknown>(Object.entries(toLicenseRow(before)))
  const changed = Object.fromEntries(Object.entries(toLicenseRow(after)).filter(([column, value]) => value !== known.get(column)))
  if (Object.keys(changed).length > 0) await trx.updateTable('license').set(changed).execute()
}

async function saveMark({ trx }: Write, { sub, seq, jti }: SeqMark): Promise<void> {
  await trx.insertInto('license_seq').values({ sub, seq, jti })
    .onConflict(conflict => conflict.column('sub').doUpdateSet({ seq, jti })).execute()
}
