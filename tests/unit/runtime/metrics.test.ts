import { describe, expect, it } from 'vitest'
import { createMetrics } from '../../../server/runtime/metrics.ts'
import { KEY } from '../../support/simulated-vendor.ts'
import { BY_ADA } from '../../support/accounts-world.ts'
import { createWorld } from '../../support/world.ts'

describe('metrics', () => {
  it('of a license that was removed no longer tell its times and numbers', async () => {
    const { service } = await createWorld()
    const metrics = createMetrics({ version: '1', commit: 'c' })
    const told = async () => {
      const { text } = await metrics.render({ license: service.view('viewer'), storageUp: true })
      return [...text.matchAll(/^nocodb_license_(\w+) /gm)].map(([, name]) => name)
    }
    const names = ['expiry_timestamp_seconds', 'last_check_in_timestamp_seconds', 'next_check_in_timestamp_seconds', 'consecutive_failures', 'seats_licensed']
    expect((await told()).filter(name => names.includes(name ?? ''))).toEqual([])
    await service.save({ credential: KEY, actor: BY_ADA })
    expect((await told()).filter(name => names.includes(name ?? '')).length).toBeGreaterThan(2)
    await service.remove({ actor: BY_ADA })
    expect((await told()).filter(name => names.includes(name ?? ''))).toEqual([])
  })

  it('count check-ins by what came of them, from nought on, and one that found a fresh lease as good', async () => {
    const metrics = createMetrics({ version: '1', commit: 'c' })
    const counted = async () => {
      const { text } = await metrics.render({ license: null, storageUp: true })
      const lines = text.matchAll(/^nocodb_license_check_ins_total\{result="(\w+)"\} (\d+)$/gm)
      return Object.fromEntries([...lines].map(([, result, count]) => [result, Number(count)]))
    }
    expect(await counted()).toEqual({ good: 0, verdict: 0, failed: 0, dropped: 0 })
    for (const result of ['good', 'fresh', 'verdict', 'failed', 'failed', 'failed', 'dropped']) metrics.observeCheckIn(result, 1)
    expect(await counted()).toEqual({ good: 2, verdict: 1, failed: 3, dropped: 1 })
  })
})
