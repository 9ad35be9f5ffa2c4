import { describe, expect, it } from 'vitest'
import { LicenseError } from '../../../server/license/errors.ts'
import type { App } from '../../../server/runtime/app.ts'
import { diagnosticsOf } from '../../../server/runtime/diagnosing.ts'
import { seen } from '../../../shared/findings.ts'
import { DAY, offlineToken } from '../../support/claims.ts'
import { openRunningApp } from '../../support/running-app.ts'
import { AIRGAPPED_KEY, KEY } from '../../support/simulated-vendor.ts'
import { ADMIN } from '../../support/world.ts'

/** The application with a database whose health is as told. */
async function withHealth(changes: Partial<App['storage']['health']>): Promise<App> {
  const { app } = await openRunningApp()
  const health = { up: false, cause: null, code: null, since: null, lastWriteAt: null, requireWritable: async () => undefined, ...changes }
  return { ...app, storage: { ...app.storage, health } }
}

describe('what the diagnostics of a running app test', () => {
  it('is the database, which is named where it can be written', async () => {
    const { app, storage } = await openRunningApp()
    expect(await diagnosticsOf(app).checkStorage?.()).toEqual({ location: storage.location })
  })

  it.each([
    ['by what is known of it', new LicenseError('STORAGE_UNAVAILABLE'), 'disk_full', 'disk_full'],
    ['by the error alone, where nothing is known yet', new LicenseError('STORAGE_UNAVAILABLE', { details: { cause: 'locked' } }), null, 'locked'],
  ] as const)('is the database, and what keeps it from being written: %s', async (_, error, cause, expected) => {
    const app = await withHealth({ cause, requireWritable: () => Promise.reject(error) })
    expect(await diagnosticsOf(app).checkStorage?.()).toMatchObject({ code: 'STORAGE_UNAVAILABLE', cause: expected, facts: { location: app.storage.location } })
  })

  it('is no place to hide a defect', async () => {
    const app = await withHealth({ requireWritable: () => Promise.reject(new TypeError('defect')) })
    await expect(diagnosticsOf(app).checkStorage?.()).rejects.toThrow(TypeError)
  })

  it('is the network, unless the license is one that makes no calls', async () => {
    const { app, license } = await openRunningApp()
    expect(diagnosticsOf(app).silent).toBe(false)
    for (const credential of [KEY, AIRGAPPED_KEY]) {
      await license.service.save({ credential, actor: ADMIN })
      expect(diagnosticsOf(app).silent, credential).toBe(false)
    }
    await license.service.save({ credential: offlineToken({ instance_id: license.service.instanceId }), actor: ADMIN })
    expect(diagnosticsOf(app).silent).toBe(true)
  })

  it('is this server\'s clock, against trusted time where there is one', async () => {
    const { app, license } = await openRunningApp()
    const { now, checkClock } = diagnosticsOf(app)
    expect(checkClock?.()).toBeUndefined()
    await license.service.save({ credential: KEY, actor: ADMIN })
    expect(checkClock?.()).toBeNull()
    license.clock.shiftWall(-DAY)
    expect(checkClock?.()).toMatchObject({ code: 'CLOCK_BEHIND' })
    expect(now()).toBe(license.clock.read().wall)
  })

  it('is told with advice in English', async () => {
    const { app } = await openRunningApp()
    expect(diagnosticsOf(app).remedyOf(seen('CLOCK_BEHIND', 'clock_behind', { difference: 700 }))).toContain('NTP')
  })
})
