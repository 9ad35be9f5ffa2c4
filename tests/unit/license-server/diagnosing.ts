import { expect } from 'vitest'
import { createLicenseServerClient } from '../../../server/license-server/client.ts'
import type { DiagnosticsOptions } from '../../../server/license-server/diagnostics.ts'
import { diagnose } from '../../../server/license-server/diagnostics.ts'
import type { DiagnosticStage } from '../../../shared/contracts.ts'
import type { Finding } from '../../../shared/findings.ts'
import { START } from '../../support/simulated-clock.ts'
import type { Answer } from '../../support/vendor-door.ts'

/* Runs diagnostics against real sockets, for the tests named diagnostics*. */

/** The license server's answer to a ping. */
export const pong = (time: unknown = new Date(START).toISOString()): Answer => ({ body: JSON.stringify({ ok: true, time }) })

export interface Given extends Partial<Omit<DiagnosticsOptions, 'now'>> {
  baseUrl: string
  proxy?: string
  now?: number
  patience?: number
}

/**
 * Diagnostics that have not begun. `patience`, ms, is for tests of silence; the default is long enough that no stage times out,
 * however slow the machine.
 */
export function diagnosticsOf({ baseUrl, proxy = '', now = START, patience = 20_000, ...options }: Given): AsyncGenerator<DiagnosticStage> {
  const client = createLicenseServerClient({ baseUrl, version: '1', proxyFor: () => proxy, limits: { total: patience, connect: 20_000 } })
  return diagnose({
    client, silent: false, now: () => now, stepTimeout: patience, remedyOf: ({ cause }) => `mend ${cause}`, ...options,
  })
}

/** Each stage, once all are over. */
export async function stagesTo(baseUrl: string, given: Omit<Given, 'baseUrl'> = {}): Promise<DiagnosticStage[]> {
  return Array.fromAsync(diagnosticsOf({ baseUrl, ...given }))
}

/** The result of each stage in order, by its first letters: `ok`, `fa`iled, `sk`ipped. */
export const outline = (stages: DiagnosticStage[]) => stages.map(({ result }) => result.slice(0, 2)).join(' ')
export const stageOf = (stages: DiagnosticStage[], name: DiagnosticStage['stage']) => stages.find(({ stage }) => stage === name)
export const failedOf = (stages: DiagnosticStage[]) => stages.find(({ result }) => result === 'failed')
/** What was found: in the answer, and once more in its finding, which must agree. */
export function foundIn(stages: DiagnosticStage[]): Finding | null {
  const failed = failedOf(stages)
  expect({ code: failed?.code, remedy: failed?.remedy, facts: failed?.facts, because: failed?.because }).toEqual({
    code: failed?.finding?.code, remedy: `mend ${failed?.finding?.cause}`, facts: {}, because: null,
  })
  return failed?.finding ?? null
}
