import type { LicenseStore } from './ports.ts'
import type { SeqMark } from './stored-records.ts'
import type { Lease, Verdict } from './token.ts'
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

/** Throws SERVER_RESPONSE_INVALID unless the signed statement answers exactly what was asked (nonce, installation, license). */
export function requireAnswerTo(asked: Asked, { claims }: Lease | Verdict): void {
  const fits = 'nonce' in claims && claims.nonce === asked.nonce
    && claims.instance_id === asked.instanceId
    && (asked.sub === null || claims.sub === asked.sub)
    && (asked.method === null || !('method' in claims) || claims.method === asked.method)
  if (!fits) throw new LicenseError('SERVER_RESPONSE_INVALID')
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
