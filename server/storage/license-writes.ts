import type { Updateable } from 'kysely'
import { METHOD_RULES } from '../../shared/method-rules.ts'
import type { AttemptOutcome, LicenseStore, NewDeactivation, SeqMark, Written } from '../license/ports.ts'
import { bump, write, type Connection, type Write } from './connection.ts'
import { addEvent } from './event-log.ts'
import { toLicenseRow, toTrustedColumns, whole } from './license-rows.ts'
import type { LicenseTable } from './schema.ts'

type LicenseWrites = Pick<
  LicenseStore,
  'saveLicense' | 'removeLicense' | 'replaceLease' | 'recordVerdict' | 'recordFailure' | 'recordState'
>

/** The part of the license store that changes the license: each of them only if what it is based on still stands. */
export function createLicenseWrites(connection: Connection): LicenseWrites {
  return {
    saveLicense: input => write(connection, step => saveLicense(step, input)),
    removeLicense: input => write(connection, step => removeLicense(step, input)),
    replaceLease: input => write(connection, step => replaceLease(step, input)),
    recordVerdict: input => write(connection, step => recordVerdict(step, input)),
    recordFailure: input => write(connection, step => recordFailure(step, input)),
    recordState: input => write(connection, step => recordState(step, input)),
  }
}

type Input<K extends keyof LicenseWrites> = Parameters<LicenseWrites[K]>[0]

async function saveLicense(step: Write, input: Input<'saveLicense'>): Promise<Written> {
  if (input.revision !== step.installation.revision || !await acceptSeq(step, input.seq)) return 'stale'
  const row = toLicenseRow(input.license)
  await step.trx.insertInto('license').values(row)
    .onConflict(conflict => conflict.column('id').doUpdateSet(row)).execute()
  await step.trx.deleteFrom('deactivations').where(eb => eb.or([eb('sub', '=', input.seq.sub), eb('sub', 'is', null)])).execute()
  await queueDeactivation(step, input.deactivate)
  await addEvent(step, input.event)
  await bump(step, {
    ...toTrustedColumns(input.trusted),
    ...(input.envDigest === undefined ? {} : { env_digest: input.envDigest }),
    revision: step.installation.revision + 1,
  })
  return 'written'
}

async function removeLicense(step: Write, input: Input<'removeLicense'>): Promise<Written> {
  if (input.revision !== step.installation.revision) return 'stale'
  const { numDeletedRows } = await step.trx.deleteFrom('license').executeTakeFirstOrThrow()
  if (numDeletedRows === 0n) return 'stale'
  await queueDeactivation(step, input.deactivate)
  await addEvent(step, input.event)
  await bump(step, { revision: step.installation.revision + 1 })
  return 'written'
}

async function replaceLease(step: Write, input: Input<'replaceLease'>): Promise<Written> {
  const license = await getLicense(step, input.sentJti)
  if (!license || !await acceptSeq(step, input.seq)) return 'stale'
  await updateLicense(step, { lease: input.lease, jti: input.seq.jti, verdict: null, ...success(input.outcome) })
  if (METHOD_RULES[license.method].checksIn) await countCheckIn(step, input.outcome.at, 'good')
  await addEvent(step, input.outcome.event)
  await bump(step, {
    ...toTrustedColumns(input.trusted),
    revision: step.installation.revision + (input.visible ? 1 : 0),
  })
  return 'written'
}

async function recordVerdict(step: Write, input: Input<'recordVerdict'>): Promise<Written> {
  const license = await getLicense(step, input.sentJti)
  if (!license || !await acceptSeq(step, input.seq)) return 'stale'
  await updateLicense(step, { verdict: input.verdict, ...success(input.outcome) })
  if (METHOD_RULES[license.method].checksIn) await countCheckIn(step, input.outcome.at, 'good')
  await addEvent(step, input.outcome.event)
  await bump(step, { revision: step.installation.revision + 1 })
  return 'written'
}

async function recordFailure(step: Write, { sentJti, code, outcome }: Input<'recordFailure'>): Promise<Written> {
  const license = await getLicense(step, sentJti)
  if (!license) return 'stale'
  await updateLicense(step, {
    last_attempt_at: Math.round(outcome.at),
    next_at: whole(outcome.nextAt),
    consecutive_failures: license.consecutive_failures + 1,
    failing_since: license.failing_since ?? Math.round(outcome.at),
    last_error: code,
  })
  if (METHOD_RULES[license.method].checksIn) await countCheckIn(step, outcome.at, 'failed')
  await addEvent(step, outcome.event)
  await bump(step)
  return 'written'
}

async function recordState(step: Write, input: Input<'recordState'>): Promise<Written> {
  const license = await getLicense(step, input.jti)
  if (!license) return 'stale'
  if (license.last_state === input.state) return 'written'
  await updateLicense(step, { last_state: input.state })
  await addEvent(step, input.event)
  await bump(step)
  return 'written'
}

/** The stored license if it still runs on that lease. */
function getLicense(step: Write, jti: string) {
  return step.trx.selectFrom('license').select(['method', 'last_state', 'consecutive_failures', 'failing_since'])
    .where('jti', '=', jti).executeTakeFirst()
}

async function updateLicense(step: Write, changes: Updateable<LicenseTable>): Promise<void> {
  await step.trx.updateTable('license').set(changes).execute()
}

/** Any signed answer is a good contact, a verdict too. */
function success({ at, nextAt }: AttemptOutcome): Updateable<LicenseTable> {
  return {
    last_success_at: Math.round(at), last_attempt_at: Math.round(at), next_at: whole(nextAt),
    consecutive_failures: 0, failing_since: null, last_error: null,
  }
}

/** Raises the mark of this license id; false for a lower `seq` or an equal one of another statement. */
async function acceptSeq({ trx }: Write, mark: SeqMark): Promise<boolean> {
  const known = await trx.selectFrom('license_seq').selectAll().where('sub', '=', mark.sub).executeTakeFirst()
  if (known && (known.seq > mark.seq || (known.seq === mark.seq && known.jti !== mark.jti))) return false
  await trx.insertInto('license_seq').values({ sub: mark.sub, seq: mark.seq, jti: mark.jti })
    .onConflict(conflict => conflict.column('sub').doUpdateSet({ seq: mark.seq, jti: mark.jti })).execute()
  return true
}

async function queueDeactivation({ trx, version }: Write, deactivation: NewDeactivation | null): Promise<void> {
  if (!deactivation) return
  await trx.insertInto('deactivations').values({
    id: version,
    sub: deactivation.sub,
    lease: deactivation.lease,
    secret: deactivation.secret,
    created_at: Math.round(deactivation.createdAt),
    next_at: Math.round(deactivation.nextAt),
    attempts: 0,
  }).execute()
}

async function countCheckIn({ trx }: Write, at: number, result: 'good' | 'failed'): Promise<void> {
  const row = { day: toDay(at), good: result === 'good' ? 1 : 0, failed: result === 'failed' ? 1 : 0 }
  await trx.insertInto('check_in_days').values(row)
    .onConflict(conflict => conflict.column('day').doUpdateSet(eb => ({
      good: eb('check_in_days.good', '+', row.good),
      failed: eb('check_in_days.failed', '+', row.failed),
    }))).execute()
}

/** Takes milliseconds since 1970; returns the UTC day as `YYYY-MM-DD`, which sorts as text. */
export function toDay(at: number): string {
  return new Date(at).toISOString().slice(0, 10)
}
