import { decodeProtectedHeader } from 'jose'
import type { Credential, LicenseKey } from '../../shared/credential.ts'
import { maskKey } from '../../shared/credential.ts'
import type { Limits } from './claims.ts'
import { TYP } from './claims.ts'
import { ERRORS } from '../../shared/errors.ts'
import type { Seen } from '../../shared/findings.ts'
import { seen } from '../../shared/findings.ts'
import type { CHECK_NAMES, Preview } from '../../shared/contracts.ts'
import { readMark } from './verify-answer.ts'
import { findingOfError } from './credential-finding.ts'
import { endedByClock } from './current-finding.ts'
import { requireCredential, withTokenCause } from './credential.ts'
import { LicenseError } from './errors.ts'
import type { Keyring } from './jws.ts'
import type { LicenseHolder } from './license-holder.ts'
import type { LicenseServer, LicenseStore } from './ports.ts'
import { mayFollow, seqMarkOf } from './record.ts'
import { expiryOf } from './state.ts'
import type { Lease } from './token.ts'
import { verifyOfflineToken } from './token.ts'

type Check = Preview['checks'][number]
type CheckName = (typeof CHECK_NAMES)[number]

export interface JudgeOptions { holder: LicenseHolder, store: LicenseStore, keyring: Keyring }

export type Judgement =
  | { lease: Lease, checks: Check[], error: null }
  | { lease: Lease | null, checks: Check[], error: LicenseError }

/** The check that each verification error belongs to; those before it have passed, those after it could not be made. */
const FAILED_AT: Partial<Record<LicenseError['code'], CheckName>> = {
  CREDENTIAL_MALFORMED: 'format',
  TOKEN_UNKNOWN_SIGNER: 'signature',
  TOKEN_SIGNATURE_INVALID: 'signature',
  TOKEN_WRONG_KIND: 'kind',
  TOKEN_CLAIMS_INVALID: 'claims',
}
const VERIFICATION: readonly CheckName[] = ['format', 'signature', 'kind', 'claims']
const CIRCUMSTANCES: readonly CheckName[] = ['instance', 'term', 'start', 'sequence']

/**
 * Runs every check on a pasted token: what was expected and found, and the error of the first that failed. Shared by preview
 * and save, so that the two cannot disagree. Changes nothing, calls nobody.
 */
export async function judgeToken(token: string, { holder, store, keyring }: JudgeOptions): Promise<Judgement> {
  let lease: Lease
  try {
    lease = await verifyOfflineToken(token, keyring)
  }
  catch (cause) {
    if (!(cause instanceof LicenseError)) throw cause
    const error = withTokenCause(cause, token)
    return { lease: null, checks: verificationChecks(token, error, keyring), error }
  }
  const circumstances = await judgeCircumstances(lease, holder, store)
  const checks = [...verificationChecks(token, null, keyring), ...circumstances.map(({ check }) => check)]
  const failed = circumstances.find(({ check }) => check.status === 'fail')
  return failed ? { lease, checks, error: failed.error } : { lease, checks, error: null }
}

const EXPECTED: Partial<Record<CheckName, (keyring: Keyring) => string>> = {
  signature: keyring => keyring.kids.join(', '),
  kind: () => TYP.offline,
}

function verificationChecks(token: string, error: LicenseError | null, keyring: Keyring): Check[] {
  const failedAt = error ? VERIFICATION.indexOf(FAILED_AT[error.code] ?? 'claims') : VERIFICATION.length
  // Not worth showing until the signature has proven that the vendor wrote it.
  const header = failedAt > VERIFICATION.indexOf('signature') ? decodeProtectedHeader(token) : {}
  const found: Partial<Record<CheckName, unknown>> = { signature: header.kid, kind: header.typ }
  const checks = VERIFICATION.map((name, index): Check => ({
    name,
    status: index < failedAt ? 'pass' : index === failedAt ? 'fail' : 'skipped',
    expected: EXPECTED[name]?.(keyring) ?? null,
    found: index > failedAt ? null : String(found[name] ?? error?.details?.kid ?? error?.details?.claim ?? '') || null,
  }))
  const skipped = error ? CIRCUMSTANCES.map((name): Check => ({ name, status: 'skipped', expected: null, found: null })) : []
  return [...checks, ...skipped]
}

async function judgeCircumstances(lease: Lease, holder: LicenseHolder, store: LicenseStore) {
  const { claims } = lease
  const moment = holder.observe()
  const now = moment.effective
  const startsAt = (claims.nbf ?? claims.iat) * 1000
  const highest = await readMark(store, claims.sub)
  const inSequence = mayFollow(highest, seqMarkOf(lease))
  const instant = (ms: number) => new Date(ms).toISOString()
  const clock = instant(moment.wall)
  return [
    circumstance('instance', claims.instance_id === holder.instanceId, holder.instanceId, claims.instance_id,
      'BOUND_TO_DIFFERENT_INSTALLATION', { expected: holder.instanceId, found: claims.instance_id }),
    circumstance('term', now < expiryOf(claims), `> ${instant(now)}`, instant(expiryOf(claims)),
      'LICENSE_EXPIRED', { expiresAt: instant(expiryOf(claims)), now: instant(now) }, endedByClock(moment, expiryOf(claims), 'LICENSE_EXPIRED')
        ?? seen('LICENSE_EXPIRED', 'ended', { expiresAt: instant(expiryOf(claims)), clock })),
    circumstance('start', claims.nbf === undefined || now >= startsAt, `≤ ${instant(now)}`, instant(startsAt),
      'TOKEN_NOT_YET_VALID', { startsAt: instant(startsAt), now: instant(now) }, seen('TOKEN_NOT_YET_VALID', 'not_yet_valid', { startsAt: instant(startsAt), clock })),
    circumstance('sequence', inSequence, highest ? `≥ ${highest.seq}` : null, String(claims.seq),
      'TOKEN_OLDER_THAN_CURRENT', { expected: highest?.seq ?? null, found: claims.seq }),
  ]
}

function circumstance(
  name: CheckName, passed: boolean, expected: string | null, found: string, code: LicenseError['code'],
  details: NonNullable<LicenseError['details']>, what: Seen | null = null,
): { check: Check, error: LicenseError } {
  return { check: { name, status: passed ? 'pass' : 'fail', expected, found }, error: new LicenseError(code, { details, ...(what ? { seen: what } : {}) }) }
}

/** What saving a pasted credential would do. Throws CREDENTIAL_MALFORMED if it is none. Changes nothing, calls nobody. */
export async function previewCredential(pasted: string, options: JudgeOptions & { server: LicenseServer }): Promise<Preview> {
  const credential = requireCredential(pasted, options.holder)
  return 'token' in credential ? previewToken(credential, options) : previewKey(credential, options)
}

/** A key says nothing by itself: only the license server knows what it is worth. */
function previewKey(
  { method, key }: Extract<Credential, { key: LicenseKey }>, { holder, keyring, server }: JudgeOptions & { server: LicenseServer },
): Preview {
  const { shown } = server.activate({ key, instanceId: holder.instanceId, nonce: '(random)', kids: keyring.kids })
  return {
    method, accepted: true, error: null, difference: null,
    checks: [{ name: 'format', status: 'pass', expected: null, found: maskKey(key) }],
    sends: { ...shown, body: shown.body ?? {} },
  }
}

async function previewToken({ method, token }: Extract<Credential, { token: string }>, options: JudgeOptions): Promise<Preview> {
  const { lease, checks, error } = await judgeToken(token, options)
  return {
    method, accepted: error === null, checks, sends: null,
    error: error && {
      code: error.code, reference: ERRORS[error.code].reference,
      finding: findingOfError(error, options.holder.observe().effective), ...(error.details ? { details: { ...error.details } } : {}),
    },
    difference: lease && differenceOf(options.holder, lease),
  }
}

function differenceOf(holder: LicenseHolder, next: Lease): NonNullable<Preview['difference']> {
  const before = holder.holding.kind === 'lease' ? describeLease(holder.holding.lease) : null
  return describeLease(next)
    .map(({ field, value }, index) => ({ field, current: before?.[index]?.value ?? null, next: value }))
    .filter(({ current, next }) => current !== next)
}

/** `limit_editor 10, limit_workspace unlimited`, sorted by name; null if there are none. */
function limitsText(limits: Limits = {}): string | null {
  const each = Object.entries(limits).toSorted(([a], [b]) => a < b ? -1 : 1).map(([name, limit]) => `${name} ${limit ?? 'unlimited'}`)
  return each.join(', ') || null
}

function describeLease({ claims }: Lease) {
  return [
    { field: 'method' as const, value: claims.method },
    { field: 'plan' as const, value: claims.plan },
    { field: 'organization' as const, value: claims.licensee.organization },
    { field: 'seats' as const, value: claims.seats === null ? null : String(claims.seats) },
    { field: 'features' as const, value: claims.features.join(', ') },
    { field: 'limits' as const, value: limitsText(claims.limits) },
    { field: 'expiresAt' as const, value: new Date(expiryOf(claims)).toISOString() },
    { field: 'licenseId' as const, value: claims.sub },
  ]
}
