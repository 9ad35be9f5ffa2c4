import type { Finding, FindingCause, FindingFacts, FindingStage, Seen } from '../../../shared/findings.ts'
import { findingOf, seen } from '../../../shared/findings.ts'

export const FOUND_AT = '2026-11-26T14:03:00.000Z'

/** A finding with this cause and these facts; its code matters to no text. */
export function found(
  cause: FindingCause, facts: FindingFacts = {}, { stage, code = 'NET_CONNECT' }: { stage?: FindingStage, code?: Seen['code'] } = {},
): Finding {
  return findingOf(seen(code, cause, facts, stage), Date.parse(FOUND_AT))
}
