import type { LicenseStore } from './ports.ts'
import type { SeqMark } from './stored-records.ts'
import type { Lease, Verdict } from './token.ts'
import { LicenseError } from './errors.ts'
import { markIn, mayFollow, seqMarkOf } from './record.ts'

/* What the license server's answer must be, beside being signed, to be the answer to what we asked. */

export interface Asked {
  nonce: string
  instanceId: string
  /** The license asked about, where it is known already. */
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
 * Whether a statement may follow the highest one ever accepted of its license. While storage is away, what is `held` in
 * memory stands in for it.
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

/** The highest statement ever accepted of a license, as it is stored now. */
export async function readMark(store: LicenseStore, sub: string): Promise<SeqMark | null> {
  return markIn((await store.read()).marks, sub)
}
