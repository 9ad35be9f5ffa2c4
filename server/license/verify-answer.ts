import type { LicenseStore } from './ports.ts'
import type { SeqMark } from './stored-records.ts'
import type { Lease, Verdict } from './token.ts'
import type { FindingCause, FindingFacts } from '../../shared/findings.ts'
import { seen } from '../../shared/findings.ts'
import { LicenseError } from './errors.ts'
import { markIn, mayFollow, seqMarkOf } from './record.ts'

/* What makes a signed statement the answer to our question. */

export interface Asked {
  nonce: string
  instanceId: string
  /** The license asked about, if it is known yet. */
  sub: string | null
  method: Lease['claims']['method'] | null
}

/** An answer of the license server, or of `host` in its name, that was not taken. */
export function unfit(host: string, cause: FindingCause, facts: FindingFacts = {}, error?: unknown): LicenseError {
  return new LicenseError('SERVER_RESPONSE_INVALID', {
    cause: error, details: { host }, seen: seen('SERVER_RESPONSE_INVALID', cause, { host: host.replace(/:\d+$/, ''), ...facts }),
  })
}

/**
 * Throws SERVER_RESPONSE_INVALID unless the signed statement answers exactly what was asked (nonce, installation, license),
 * saying what did not fit.
 */
export function requireAnswerTo(asked: Asked, { claims }: Lease | Verdict, host: string): void {
  const compare = (member: string, expected: string | null, found: string) => {
    if (expected !== null && expected !== found) throw unfit(host, 'answer_not_ours', { member, expected, found })
  }
  compare('instance_id', asked.instanceId, claims.instance_id)
  compare('license', asked.sub, claims.sub)
  if ('method' in claims) compare('method', asked.method, claims.method)
  if (!('nonce' in claims) || claims.nonce !== asked.nonce) throw unfit(host, 'answer_stale', { member: 'nonce' })
}

/** What it means that the statement in an answer does not verify. Anything but a LicenseError is passed on as it is. */
export function unverified(host: string, error: unknown): unknown {
  if (!(error instanceof LicenseError)) return error
  if (error.code === 'TOKEN_UNKNOWN_SIGNER') return unfit(host, 'signer_unknown', { kid: String(error.details?.kid ?? '?') }, error)
  const member = error.code === 'TOKEN_SIGNATURE_INVALID' ? 'signature' : error.code === 'TOKEN_CLAIMS_INVALID' ? error.details?.claim ?? null : null
  return unfit(host, 'unreadable_answer', { member }, error)
}

/**
 * Whether a statement may follow the highest one ever accepted for its license. Without storage, what is `held` in memory
 * stands in for that one.
 */
export async function isInSequence(store: LicenseStore, statement: Lease | Verdict, held: SeqMark | null): Promise<boolean> {
  return mayFollow(await getHighest(store, statement.claims.sub, held), seqMarkOf(statement))
}

async function getHighest(store: LicenseStore, sub: string, held: SeqMark | null): Promise<SeqMark | null> {
  try {
    return await readMark(store, sub)
  }
  catch (error) {
    if (error instanceof LicenseError && error.code === 'STORAGE_UNAVAILABLE') return held?.sub === sub ? held : null
    throw error
  }
}

/** The highest statement ever accepted for a license, as stored now. Rejects with STORAGE_UNAVAILABLE. */
export async function readMark(store: LicenseStore, sub: string): Promise<SeqMark | null> {
  return markIn((await store.read()).marks, sub)
}
