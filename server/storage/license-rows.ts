import type { Insertable, Nullable, Selectable, Updateable } from 'kysely'
import { z } from 'zod'
import { isErrorCode } from '../../shared/errors.ts'
import { METHODS } from '../../shared/method-rules.ts'
import { STATES } from '../../shared/contracts.ts'
import type { Finding } from '../../shared/findings.ts'
import { findingSchema, outboundSchema } from '../../shared/schemas.ts'
import { VERDICTS } from '../license/claims.ts'
import type { Anchor, PreviousLicense, SeqMark, Snapshot, StoredLicense, TrustedTimeRecord, VerdictRun } from '../license/stored-records.ts'
import { readJson } from './json-column.ts'
import type { InstallationTable, LicenseSeqTable, LicenseTable } from './schema.ts'

/** Columns of the same row that are read elsewhere: identity and secret, the set-up link, the provisioned administrator. */
type OtherColumn =
  | 'id' | 'instance_id' | 'session_secret' | 'created_at' | 'setup_digest' | 'setup_expires_at'
  | 'applied_admin_email' | 'applied_admin_hash' | 'applied_admin_unknown'
type InstallationRow = Omit<Selectable<InstallationTable>, OtherColumn>
type LicenseRow = Omit<Selectable<LicenseTable>, 'id'>
type MarkRow = { mark_sub: LicenseSeqTable['sub'], mark_seq: LicenseSeqTable['seq'], mark_jti: LicenseSeqTable['jti'] }
type SnapshotRow = InstallationRow & Nullable<LicenseRow> & Nullable<MarkRow> & { deactivated_at: number | null }

/** The last moment that ISO 8601 writes with a year of four digits. */
const LATEST = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

/** Builds what the domain works on from rows read in one statement: installation and license, once for every mark. */
export function toSnapshot([row, ...others]: SnapshotRow[]): Snapshot {
  if (!row) throw new Error('the installation has no row')
  return {
    revision: row.revision,
    version: row.version,
    license: toLicense(row),
    marks: [row, ...others].flatMap(toMark),
    trusted: toTrusted(row),
    anchor: toAnchor(row),
    seatsUsed: row.seats_used,
    provisionedDigest: row.env_digest,
    renewalAttemptAt: row.renewal_attempt_at,
    lastRequest: row.last_request === null ? null : readJson(outboundSchema, row.last_request) ?? null,
    previous: toPrevious(row.previous_license),
    deactivatedAt: row.deactivated_at,
  }
}

const ms = z.int().min(0).max(LATEST)
const previousSchema = z.object({
  method: z.enum(METHODS), lease: z.string(), jti: z.string(), secret: z.string().nullable(), maskedKey: z.string().nullable(),
  activatedAt: ms, lastSuccessAt: ms.nullable(), sub: z.string(), seq: z.int(), plan: z.string(), expiresAt: ms, replacedAt: ms,
})

/** Reads the license that can be put back; null if there is none, or somebody has edited it. */
export function toPrevious(text: string | null): PreviousLicense | null {
  return text === null ? null : readJson(previousSchema, text) ?? null
}

export function toPreviousColumn(previous: PreviousLicense): string {
  const { activatedAt, lastSuccessAt, replacedAt } = previous
  return JSON.stringify({
    ...previous, activatedAt: Math.round(activatedAt), lastSuccessAt: whole(lastSuccessAt), replacedAt: Math.round(replacedAt),
  })
}

/** A mark that somebody has edited into something no release writes counts as deleted. */
function toMark({ mark_sub: sub, mark_seq: seq, mark_jti: jti }: Nullable<MarkRow>): SeqMark[] {
  return sub === null || jti === null || typeof seq !== 'number' ? [] : [{ sub, seq, jti }]
}

function toLicense(row: Nullable<LicenseRow>): StoredLicense | null {
  const { method, lease, jti, activated_at: activatedAt, consecutive_failures: consecutiveFailures } = row
  if (method === null || lease === null || jti === null) return null
  if (activatedAt === null || consecutiveFailures === null) return null
  return {
    method, lease, jti, consecutiveFailures,
    activatedAt: toMoment(activatedAt) ?? 0,
    verdict: row.verdict,
    verdictRun: toRun(row),
    secret: row.secret,
    maskedKey: row.masked_key,
    // Only another version, or somebody's edit, writes a state that this version does not know.
    lastState: STATES.find(state => state === row.last_state) ?? 'invalid',
    lastSuccessAt: toMoment(row.last_success_at),
    lastAttemptAt: toMoment(row.last_attempt_at),
    nextAt: toMoment(row.next_at),
    failingSince: toMoment(row.failing_since),
    lastError: isErrorCode(row.last_error) ? row.last_error : null,
    lastFinding: toFinding(row),
  }
}

/** Null too if an older version, which does not know these columns, has lifted the verdict. */
function toRun({ verdict: statement, verdict_kind: kind, verdict_since: at }: Nullable<LicenseRow>): VerdictRun | null {
  const verdict = VERDICTS.find(each => each === kind)
  const since = toMoment(at)
  return statement === null || verdict === undefined || since === null ? null : { verdict, since }
}

/** The finding of the last failure; null if an older version, which does not know this column, has recorded another one since. */
function toFinding({ last_finding: text, last_error: code, last_attempt_at: at }: Nullable<LicenseRow>): Finding | null {
  const finding = text === null ? undefined : readJson(findingSchema, text)
  return finding && finding.code === code && Date.parse(finding.at) === at ? finding : null
}

export function toLicenseRow(license: StoredLicense): Insertable<LicenseTable> {
  return {
    id: 1,
    method: license.method,
    lease: license.lease,
    jti: license.jti,
    verdict: license.verdict,
    verdict_kind: license.verdictRun?.verdict ?? null,
    verdict_since: license.verdictRun?.since ?? null,
    secret: license.secret,
    masked_key: license.maskedKey,
    activated_at: Math.round(license.activatedAt),
    last_state: license.lastState,
    last_success_at: whole(license.lastSuccessAt),
    last_attempt_at: whole(license.lastAttemptAt),
    next_at: whole(license.nextAt),
    consecutive_failures: license.consecutiveFailures,
    failing_since: whole(license.failingSince),
    last_error: license.lastError,
    last_finding: license.lastFinding && JSON.stringify(license.lastFinding),
  }
}

function toTrusted(row: InstallationRow): TrustedTimeRecord | null {
  const { trusted_boot: boot, trusted_continuous: continuous } = row
  const [at, uptime] = [toMoment(row.trusted_at), toMoment(row.trusted_uptime)]
  return at === null || uptime === null ? null : { at, uptime, boot, continuous: continuous === 1 }
}

function toAnchor({ anchor_jti: jti, anchor_at, anchor_wall }: InstallationRow): Anchor | null {
  const [at, wall] = [toMoment(anchor_at), toMoment(anchor_wall)]
  return jti === null || at === null || wall === null ? null : { jti, at, wall }
}

export function toAnchorColumns({ jti, at, wall }: Anchor): Updateable<InstallationTable> {
  return { anchor_jti: jti, anchor_at: Math.round(at), anchor_wall: Math.round(wall) }
}

/** A time that no release writes, because somebody edited the row, counts as none: far enough out, it is not even a date. */
function toMoment(ms: number | null): number | null {
  return typeof ms === 'number' && ms >= 0 && ms <= LATEST ? ms : null
}

export function toTrustedColumns(trusted: TrustedTimeRecord): Updateable<InstallationTable> {
  return {
    trusted_at: Math.round(trusted.at),
    trusted_uptime: Math.round(trusted.uptime),
    trusted_boot: trusted.boot,
    trusted_continuous: trusted.continuous ? 1 : 0,
  }
}

/** Rounds to the whole milliseconds that columns hold; computed clocks have fractions. */
export function whole(time: number | null): number | null {
  return time === null ? null : Math.round(time)
}
