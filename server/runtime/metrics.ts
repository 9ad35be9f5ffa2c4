import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import heapSizeAndUsed from 'prom-client/lib/metrics/heapSizeAndUsed.js'
import gc from 'prom-client/lib/metrics/gc.js'
import osMemoryHeap from 'prom-client/lib/metrics/osMemoryHeap.js'
import processCpuTotal from 'prom-client/lib/metrics/processCpuTotal.js'
import processMaxFileDescriptors from 'prom-client/lib/metrics/processMaxFileDescriptors.js'
import processOpenFileDescriptors from 'prom-client/lib/metrics/processOpenFileDescriptors.js'
import processStartTime from 'prom-client/lib/metrics/processStartTime.js'
import nodeVersion from 'prom-client/lib/metrics/version.js'
import type { LicenseView } from '../../shared/contracts.ts'
import { STATES } from '../../shared/contracts.ts'

/** The state at the moment of a scrape; `license` is null until the database has been reached. */
export interface Observed { license: LicenseView | null, storageUp: boolean }

export interface Metrics {
  observeCheckIn(result: string, seconds: number): void
  /** Renders all metrics in the Prometheus text format. */
  render(observed: Observed): Promise<{ type: string, text: string }>
}

export interface BuildInfo { version: string, commit: string }

/**
 * prom-client's default metrics, picked one by one: the full set has an event loop monitor that keeps an idle process busy, and
 * gauges whose names promtool rejects.
 */
const PROCESS = [
  processCpuTotal, processStartTime, osMemoryHeap, processOpenFileDescriptors, processMaxFileDescriptors, heapSizeAndUsed, gc, nodeVersion,
]

/** The metrics of this process. */
export function createMetrics({ version, commit }: BuildInfo): Metrics {
  const registry = new Registry()
  const registers = [registry]
  for (const collect of PROCESS) collect(registry, {})
  const showLicense = createLicenseGauges(registers)
  const storageUp = new Gauge({ name: 'nocodb_license_storage_up', help: '1 while the database answers', registers })
  new Gauge({ name: 'nocodb_license_build_info', help: 'What is running; always 1', labelNames: ['version', 'commit'], registers })
    .set({ version, commit }, 1)
  const checkIns = new Counter({ name: 'nocodb_license_check_ins_total', help: 'Check-ins of this process', labelNames: ['result'], registers })
  const duration = new Histogram({
    name: 'nocodb_license_check_in_duration_seconds', help: 'How long check-ins took', buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10], registers,
  })
  for (const result of ['good', 'verdict', 'failed', 'dropped']) checkIns.inc({ result }, 0)
  return {
    observeCheckIn(result, seconds) {
      checkIns.inc({ result: result === 'fresh' ? 'good' : result })
      duration.observe(seconds)
    },
    async render({ license, storageUp: up }) {
      storageUp.set(up ? 1 : 0)
      if (license) showLicense(license)
      return { type: registry.contentType, text: await registry.metrics() }
    },
  }
}

/** A value that does not exist, such as the end of a grace period when there is none, is left out rather than reported as 0. */
function createLicenseGauges(registers: Registry[]): (view: LicenseView) => void {
  const gauge = (name: string, help: string) => {
    const made = new Gauge({ name: `nocodb_license_${name}`, help, registers })
    made.remove()
    return (value: number | null | undefined) => value === null || value === undefined ? made.remove() : made.set(value)
  }
  const time = (name: string, help: string) => {
    const set = gauge(`${name}_timestamp_seconds`, help)
    return (iso: string | null | undefined) => set(iso ? Date.parse(iso) / 1000 : null)
  }
  const state = new Gauge({ name: 'nocodb_license_state', help: '1 for the state that holds', labelNames: ['state'], registers })
  const entitled = gauge('entitled', '1 while enterprise features are on')
  const expiry = time('expiry', 'End of the licensed term')
  const graceEnd = time('grace_end', 'When features pause without a check-in')
  const lastCheckIn = time('last_check_in', 'Last successful check-in')
  const nextCheckIn = time('next_check_in', 'When the next check-in is due')
  const failures = gauge('consecutive_failures', 'Failed check-ins since the last good one')
  const seatsUsed = gauge('seats_used', 'Seats in use, as last reported')
  const seatsLicensed = gauge('seats_licensed', 'Seats licensed; absent when unlimited')
  return (view) => {
    for (const each of STATES) state.set({ state: each }, each === view.state ? 1 : 0)
    entitled(view.entitled ? 1 : 0)
    expiry(view.expiresAt)
    graceEnd(view.graceEndsAt)
    lastCheckIn(view.checkIn?.lastSuccessAt)
    nextCheckIn(view.checkIn?.nextAt)
    failures(view.checkIn?.consecutiveFailures)
    seatsUsed(view.seatsUsed)
    seatsLicensed(view.seats)
  }
}
