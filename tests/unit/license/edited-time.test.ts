import { beforeEach, describe, expect, it } from 'vitest'
import { DAY } from '../../support/claims.ts'
import { moment, SECOND, warnings } from '../../support/installation.ts'
import { verifySynchronously } from '../../support/signing.ts'
import { SUPPORT_FACTS } from '../../support/support-facts.ts'
import { START } from '../../support/simulated-clock.ts'
import { failure } from '../../support/simulated-vendor.ts'
import { tally } from '../../support/tally.ts'
import { ADMIN } from '../../support/world.ts'
import { editRows, licensed, METHODS } from './row-editing.ts'

beforeEach(verifySynchronously)

const EARLIER = [
  'trusted_at = 0', 'trusted_at = null', 'trusted_at = trusted_at - 30 * 86400000', 'trusted_at = -1',
  'trusted_at = null, trusted_uptime = null, trusted_boot = null',
]
const IMPOSSIBLE = [
  'trusted_at = 9000000000000000', 'trusted_at = 9223372036854775807', 'trusted_at = -9223372036854775808', 'trusted_at = 1e308',
  'trusted_at = \'soon\'', 'trusted_at = x\'00\'',
  'trusted_uptime = -9000000000000000', 'trusted_uptime = \'long\'', 'trusted_uptime = 9223372036854775807', 'trusted_continuous = 7', 'trusted_boot = x\'00\'',
]

describe('trusted time edited by SQL', () => {
  it.each(EARLIER)('F64: set to %s and the clock back by 30 days, it is never below what the vendor signed', async (assignments) => {
    for (const method of METHODS) {
      const world = await licensed(method)
      editRows(world, database => database.exec(`update installation set ${assignments}`))
      world.vendor.failing = failure('NET_CONNECT')
      world.clock.shiftWall(-30 * DAY)
      await world.boot()
      expect(moment(world)).toMatchObject({ trusted: START, effective: START, continuous: false, state: 'active' })
      expect(warnings(world)).toContain('CLOCK_BEHIND')
      await world.tick()
      expect((await world.store.read()).trusted?.at).toBe(START)
    }
    tally({ row: 'F64', tried: METHODS.length, accepted: 0 })
  })

  it.each(IMPOSSIBLE)('F64: set to %s, which no release writes, it is what the vendor signed and what the clock says', async (assignments) => {
    for (const method of METHODS) {
      const world = await licensed(method)
      editRows(world, database => database.exec(`update installation set ${assignments}`))
      world.vendor.failing = failure('NET_CONNECT')
      await world.boot()
      await world.run(5 * SECOND)
      expect(world.service.view('admin')).toMatchObject({ state: 'active', entitled: true, serverTime: new Date(START + 5 * SECOND).toISOString() })
      expect(moment(world).trusted).toBeGreaterThanOrEqual(START)
      await world.service.supportBundle(SUPPORT_FACTS)
      expect(world.log.filter(({ level }) => level === 'error')).toEqual([])
    }
    tally({ row: 'F64', tried: METHODS.length, crashed: 0 })
  })

  it('F64: set years ahead, it is corrected by the license server\'s next answer', async () => {
    const world = await licensed('standard')
    editRows(world, database => database.exec('update installation set trusted_at = trusted_at + 40 * 365 * 86400000'))
    await world.boot()
    expect(moment(world)).toMatchObject({ state: 'active', inDoubt: true })
    await world.run(SECOND)
    expect(world.vendor.callsOf('checkIn')).toHaveLength(1)
    expect(moment(world)).toMatchObject({ state: 'active', trusted: world.clock.real(), effective: world.clock.real() })
    await world.service.checkIn(ADMIN)
  })
})
