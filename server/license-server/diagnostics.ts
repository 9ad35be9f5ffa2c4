import { isIP } from 'node:net'
import type { DiagnosticStage, Diagnostics } from '../../shared/contracts.ts'
import { DIAGNOSTIC_STAGES } from '../../shared/contracts.ts'
import type { Seen } from '../../shared/findings.ts'
import { findingOf } from '../../shared/findings.ts'
import { seenOfClock } from '../license/current-finding.ts'
import { authorityOf, bareHost, endpointOf, proxyName } from './address.ts'
import { describeCertificate } from './certificate.ts'
import type { LicenseServerClient } from './client.ts'
import { NetworkFailure } from './network-failure.ts'
import { PROTOCOL } from './protocol.ts'
import type { Way } from './way.ts'

type StageName = (typeof DIAGNOSTIC_STAGES)[number]
type Facts = DiagnosticStage['facts']
type Because = NonNullable<DiagnosticStage['because']>

export interface DiagnosticsOptions {
  client: LicenseServerClient
  /** This server's clock, ms. */
  now: () => number
  /** Nothing may be sent: the network is not tried. */
  silent: boolean
  /** Tries the database: what is wrong with it, or what it is. Without one, the stage does not apply. */
  checkStorage?: () => Promise<Seen | { location: string }>
  /** How this server's clock differs from trusted time, if it does; undefined where there is no trusted time. */
  checkClock?: () => Seen | null | undefined
  /** Puts what to do about a finding into an English sentence. */
  remedyOf: (what: Seen) => string
  /** Milliseconds that a stage may take. */
  stepTimeout?: number
}

const STEP_TIMEOUT = 5_000
/** Of the addresses of a name, as many as people are told. */
const ADDRESSES_TOLD = 8
/** Beyond the year 9999, a number is no time. */
const LAST_TIME = Date.UTC(9999, 11, 31)

/** What was seen instead of what should be. */
class Failed extends Error {
  readonly seen: Seen
  constructor(what: Seen) {
    super(what.cause)
    this.seen = what
  }
}

/** How far a run has come. */
interface Run {
  readonly way: Way
  /** Why the rest of the way is not gone. */
  barred: Because | null
  /** What the license server says the time is, ms. */
  serverTime: number | null
  within(): AbortSignal
}
/** Resolves to what was observed, or to why there is nothing to observe. Throws what was found. */
type Step = (run: Run) => Promise<Facts | Because>

/**
 * Tests the way to the license server, and what else the license depends on, stage by stage, yielding each result as it comes
 * in; uses up no activation. A failed stage keeps those from being tried that need it.
 */
export async function* diagnose(options: DiagnosticsOptions): AsyncGenerator<DiagnosticStage> {
  const { client, silent, stepTimeout = STEP_TIMEOUT } = options
  const way = client.openWay()
  const run: Run = { way, barred: silent ? 'no_calls' : null, serverTime: null, within: () => AbortSignal.timeout(stepTimeout) }
  const steps = stepsOf(options)
  try {
    for (const stage of DIAGNOSTIC_STAGES) yield await runStage(stage, steps[stage], run, options)
  }
  finally {
    way.close()
  }
}

/** What a run may claim: that the license server can be reached only if it was, and answered. */
export function concludeDiagnostics(stages: DiagnosticStage[], ranAt: number): Diagnostics {
  const failed = stages.some(({ result }) => result === 'failed')
  const verdict = failed ? 'problem' : hasAnswered(stages) ? 'reachable' : 'nothing_tested'
  return { ok: !failed, verdict, ranAt: new Date(ranAt).toISOString(), stages }
}

/** Whether the license server was reached, whatever else is wrong. */
export function hasAnswered(stages: DiagnosticStage[]): boolean {
  return stages.some(({ stage, result }) => stage === 'http' && result === 'ok')
}

function skipped(stage: StageName, because: DiagnosticStage['because']): DiagnosticStage {
  return { stage, result: 'skipped', milliseconds: null, code: null, remedy: null, finding: null, because, facts: {} }
}

async function runStage(stage: StageName, step: Step, run: Run, { now, remedyOf }: DiagnosticsOptions): Promise<DiagnosticStage> {
  const startedAt = performance.now()
  const milliseconds = () => Math.round(performance.now() - startedAt)
  try {
    const facts = await step(run)
    if (typeof facts === 'string') return skipped(stage, facts)
    return { ...skipped(stage, null), result: 'ok', milliseconds: milliseconds(), facts }
  }
  catch (error) {
    if (!(error instanceof Failed) && !(error instanceof NetworkFailure)) throw error
    const finding = findingOf(error.seen, now())
    return { ...skipped(stage, null), result: 'failed', milliseconds: milliseconds(), code: finding.code, remedy: remedyOf(finding), finding }
  }
}

/** A step of the way, for ways that have it: not gone where no call may be made, and the last one if it fails. */
function onTheWay(isPartOf: (way: Way) => boolean, go: (run: Run) => Promise<Facts>): Step {
  return async (run) => {
    if (run.barred !== 'no_calls' && !isPartOf(run.way)) return 'not_needed'
    if (run.barred) return run.barred
    try {
      return await go(run)
    }
    catch (error) {
      run.barred = 'not_reached'
      throw error
    }
  }
}

function stepsOf({ client, now, checkStorage, checkClock }: DiagnosticsOptions): Record<StageName, Step> {
  const always = () => true
  return {
    async storage() {
      if (!checkStorage) return 'not_needed'
      const found = await checkStorage()
      if ('cause' in found) throw new Failed(found)
      return { location: found.location }
    },
    configuration: onTheWay(always, async ({ way: { url, proxy } }) => ({ url: url.origin, proxy: proxy && proxyName(proxy) })),
    dns: onTheWay(({ proxy, url }) => isIP(bareHost(proxy ?? url)) === 0, async ({ way, within }) => {
      const found = await way.resolve(within())
      return { host: bareHost(way.proxy ?? way.url), addresses: listOf(found?.addresses ?? []) }
    }),
    proxy: onTheWay(({ proxy }) => proxy !== null, async ({ way, within }) => {
      await way.connect(within())
      await way.tunnel(within())
      return { proxy: way.proxy && proxyName(way.proxy), target: authorityOf(way.url) }
    }),
    tcp: onTheWay(({ proxy }) => proxy === null, async ({ way, within }) => ({ ...endpointOf(way.url), ...await way.connect(within()) })),
    tls: onTheWay(({ url }) => url.protocol === 'https:', async ({ way, within }) => {
      const secure = await way.secure(within())
      return secure ? { ...describeCertificate(secure.getPeerCertificate(true)), protocol: secure.getProtocol() } : {}
    }),
    http: onTheWay(always, async (run) => {
      const outcome = await client.ping()
      if (!outcome.ok) throw new Failed(outcome.seen)
      run.serverTime = timeOf(outcome.value.time)
      return { url: client.baseUrl + PROTOCOL.ping.path }
    }),
    async clock({ serverTime, barred }): Promise<Facts | Because> {
      // The license server's clock, if it has just been read, tells more than trusted time.
      const wall = now()
      const wrong = serverTime === null ? checkClock?.() : seenOfClock({ wall, trusted: serverTime, continuous: true })
      if (wrong) throw new Failed(wrong)
      if (wrong === undefined) return barred ?? 'not_needed'
      if (serverTime === null) return { clock: new Date(wall).toISOString() }
      return { skewSeconds: Math.round((wall - serverTime) / 1000), serverTime: new Date(serverTime).toISOString() }
    },
  }
}

/** A time as the license server tells it, a date or seconds or milliseconds since 1970, in ms; null for what is no time. */
function timeOf(time: string | number): number | null {
  const at = typeof time === 'string' ? Date.parse(time) : time < 1e12 ? time * 1000 : time
  return at >= 0 && at <= LAST_TIME ? at : null
}

function listOf(addresses: readonly string[]): string {
  return [...addresses.slice(0, ADDRESSES_TOLD), ...(addresses.length > ADDRESSES_TOLD ? ['…'] : [])].join(', ')
}
