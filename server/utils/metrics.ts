import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { STATES } from '../../shared/license.ts'
import type { LicenseService } from '../license/service.ts'

export interface Metrics {
  observeCheckIn(result: string, seconds: number): void
  /** Takes the license; returns everything in the Prometheus text format. */
  render(license: LicenseService): Promise<{ type: string, text: string }>
}

/** Takes nothing; returns the metrics of this process. */
export function createMetrics(): Metrics {
  const registry = new Registry()
  const registers = [registry]
  const state = new Gauge({ name: 'nocodb_license_state', help: '1 for the state that holds', labelNames: ['state'], registers })
  const entitled = new Gauge({ name: 'nocodb_license_entitled', help: '1 while enterprise features are on', registers })
  const expiry = new Gauge({ name: 'nocodb_license_expiry_timestamp_seconds', help: 'End of the licensed term', registers })
  const graceEnd = new Gauge({ name: 'nocodb_license_grace_end_timestamp_seconds', help: 'When features pause without a check-in', registers })
  const lastCheckIn = new Gauge({ name: 'nocodb_license_last_check_in_timestamp_seconds', help: 'Last successful check-in', registers })
  const checkIns = new Counter({ name: 'nocodb_license_check_ins_total', help: 'Check-ins of this process', labelNames: ['result'], registers })
  const duration = new Histogram({
    name: 'nocodb_license_check_in_duration_seconds', help: 'How long check-ins took', buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10], registers,
  })
  for (const result of ['good', 'verdict', 'failed', 'dropped']) checkIns.inc({ result }, 0)

  function setTime(gauge: Gauge, iso: string | null | undefined): void {
    if (iso) gauge.set(Date.parse(iso) / 1000)
    else gauge.remove()
  }

  return {
    observeCheckIn(result, seconds) {
      checkIns.inc({ result: result === 'fresh' ? 'good' : result })
      duration.observe(seconds)
    },
    async render(license) {
      const view = license.view('viewer')
      for (const each of STATES) state.set({ state: each }, each === view.state ? 1 : 0)
      entitled.set(view.entitled ? 1 : 0)
      setTime(expiry, view.expiresAt)
      setTime(graceEnd, view.graceEndsAt)
      setTime(lastCheckIn, view.checkIn?.lastSuccessAt)
      return { type: registry.contentType, text: await registry.metrics() }
    },
  }
}
