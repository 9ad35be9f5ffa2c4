import { lookup as systemLookup } from 'node:dns'
import { isIP } from 'node:net'
import type { DiagnosticStage, Diagnostics } from '../../shared/contracts.ts'
import { DIAGNOSTIC_STAGES } from '../../shared/contracts.ts'
import type { Seen } from '../../shared/findings.ts'
import { findingOf, seen } from '../../shared/findings.ts'
import { describeCertificate } from './certificate.ts'
import type { LicenseServerClient } from './client.ts'
import { NetworkFailure } from './network-failure.ts'
import { PROTOCOL } from './protocol.ts'
import type { Way } from './way.ts'
import { bareHost, createWay, portOf, proxyName } from './way.ts'

type StageName = (typeof DIAGNOSTIC_STAGES)[number]
type Facts = DiagnosticStage['facts']

export interface DiagnosticsOptions {
  client: LicenseServerClient
  proxyFor: (url: string) => string
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
const CLOCK_TOLERANCE = 5 * 60_000

/** What was seen instead of what should be. */
class Failed extends Error {
  readonly seen: Seen
  constructor(what: Seen) {
    super(what.cause)
    this.seen = what
  }
}

interface Run { way: Way, url: URL, proxy: URL | null, serverTime: number | null, within: () => AbortSignal }
/** Resolves to what was observed, or null if the stage does not apply here. Throws what was found. */
type Step = (run: Run) => Promise<Facts | null>

/**
 * Tests the way to the license server, and what else the license depends on, stage by stage, yielding each result as it comes
 * in; uses up no activation. A failed stage keeps those from being tried that need it.
 */
export async function* diagnose(options: DiagnosticsOptions): AsyncGenerator<DiagnosticStage> {
  const { client, silent, stepTimeout = STEP_TIMEOUT } = options
  const url = new URL(client.baseUrl)
  const proxyAddress = options.proxyFor(url.href)
  const proxy = proxyAddress ? new URL(proxyAddress) : null
  const way = createWay({ url, proxy, configured: client.configured, lookup: systemLookup, now: options.now })
  const run: Run = { way, url, proxy, serverTime: null, within: () => AbortSignal.timeout(stepTimeout) }
  const steps = stepsOf(options)
  let blocked = false
  try {
    for (const stage of DIAGNOSTIC_STAGES) {
      const isNetwork = stage !== 'storage' && stage !== 'clock'
      if (isNetwork && (silent || blocked)) {
        yield skipped(stage, silent ? 'no_calls' : isNeeded(stage, url, proxy) ? 'not_reached' : 'not_needed')
        continue
      }
      const result = await runStage(stage, steps[stage], run, options)
      if (stage === 'clock' && result.result === 'skipped' && (blocked || silent)) result.because = silent ? 'no_calls' : 'not_reached'
      if (isNetwork) blocked ||= result.result === 'failed'
      yield result
    }
  }
  finally {
    way.close()
  }
}

/** Whether this way has such a stage at all. */
function isNeeded(stage: StageName, url: URL, proxy: URL | null): boolean {
  switch (stage) {
    case 'dns': return isIP(bareHost(proxy ?? url)) === 0
    case 'proxy': return proxy !== null
    case 'tcp': return proxy === null
    case 'tls': return url.protocol === 'https:'
    default: return true
  }
}

/** What a run may claim: that the license server can be reached only if it was, and answered. */
export function concludeDiagnostics(stages: DiagnosticStage[], ranAt: number): Diagnostics {
  const failed = stages.some(({ result }) => result === 'failed')
  const answered = stages.some(({ stage, result }) => stage === 'http' && result === 'ok')
  const verdict = failed ? 'problem' : answered ? 'reachable' : 'nothing_tested'
  return { ok: !failed, verdict, ranAt: new Date(ranAt).toISOString(), stages }
}

function skipped(stage: StageName, because: DiagnosticStage['because']): DiagnosticStage {
  return { stage, result: 'skipped', milliseconds: null, code: null, remedy: null, finding: null, because, facts: {} }
}

async function runStage(stage: StageName, step: Step, run: Run, { now, remedyOf }: DiagnosticsOptions): Promise<DiagnosticStage> {
  const startedAt = performance.now()
  const milliseconds = () => Math.round(performance.now() - startedAt)
  try {
    const facts = await step(run)
    if (facts === null) return skipped(stage, 'not_needed')
    return { ...skipped(stage, null), result: 'ok', milliseconds: milliseconds(), facts }
  }
  catch (error) {
    if (!(error instanceof Failed) && !(error instanceof NetworkFailure)) throw error
    const finding = findingOf(error.seen, now())
    return { ...skipped(stage, null), result: 'failed', milliseconds: milliseconds(), code: finding.code, remedy: remedyOf(finding), finding }
  }
}

function stepsOf({ client, now, checkStorage, checkClock }: DiagnosticsOptions): Record<StageName, Step> {
  return {
    async storage() {
      const found = await checkStorage?.()
      if (!found) return null
      if ('cause' in found) throw new Failed(found)
      return { location: found.location }
    },
    configuration: async ({ url, proxy }) => ({ url: url.origin, proxy: proxy && proxyName(proxy) }),
    async dns({ way, within }) {
      const found = await way.resolve(within())
      return found && { host: found.host, addresses: found.addresses.join(', ') }
    },
    async proxy({ way, proxy, url, within }) {
      if (!proxy) return null
      await way.connect(within())
      await way.tunnel(within())
      return { proxy: proxyName(proxy), target: `${bareHost(url)}:${portOf(url)}` }
    },
    async tcp({ way, proxy, url, within }) {
      return proxy ? null : { host: bareHost(url), port: portOf(url), ...await way.connect(within()) }
    },
    async tls({ way, within }) {
      const secure = await way.secure(within())
      return secure && { ...describeCertificate(secure.getPeerCertificate(true)), protocol: secure.getProtocol() }
    },
    async http(run) {
      const outcome = await client.ping()
      if (!outcome.ok) throw new Failed(outcome.seen)
      const { time } = outcome.value
      run.serverTime = typeof time === 'number' ? (time < 1e12 ? time * 1000 : time) : Date.parse(time)
      return { url: client.baseUrl + PROTOCOL.ping.path }
    },
    clock: async ({ serverTime }) => compareClocks(serverTime, now(), checkClock?.()),
  }
}

/** The license server's clock, if it has just been read, tells more than trusted time. */
function compareClocks(serverTime: number | null, now: number, trusted: Seen | null | undefined): Facts | null {
  if (serverTime === null || !Number.isFinite(serverTime)) {
    if (trusted) throw new Failed(trusted)
    return trusted === undefined ? null : { clock: new Date(now).toISOString() }
  }
  const facts = { skewSeconds: Math.round((now - serverTime) / 1000), serverTime: new Date(serverTime).toISOString() }
  if (Math.abs(now - serverTime) <= CLOCK_TOLERANCE) return facts
  const wrong = { difference: Math.abs(facts.skewSeconds), clock: new Date(now).toISOString(), trusted: facts.serverTime }
  throw new Failed(now > serverTime ? seen('CLOCK_AHEAD', 'clock_ahead', wrong) : seen('CLOCK_BEHIND', 'clock_behind', wrong))
}
