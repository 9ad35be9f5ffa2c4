import { beforeEach, describe, expect, it } from 'vitest'
import { failCommits } from '../../support/holding.ts'
import { verifySynchronously } from '../../support/signing.ts'
import { KEY } from '../../support/simulated-vendor.ts'
import { ADMIN, createWorld, settle } from '../../support/world.ts'

beforeEach(verifySynchronously)

describe('a lease that could not be written, while another replica goes on', () => {
  async function twoReplicas() {
    const world = await createWorld()
    await world.service.save({ credential: KEY, actor: ADMIN })
    const [one, other] = [await world.boot(), await world.boot()]
    for (const replica of [one, other]) await replica.tick()
    await settle()
    const restore = failCommits(world.store, 'check_in_succeeded')
    await one.checkIn(ADMIN)
    restore()
    return { ...world, one, other }
  }

  it('F62: gives way to a verdict that the other has recorded since, and no state is told over and over', async () => {
    const { vendor, store, clock, one, other } = await twoReplicas()
    const license = vendor.licenses.get(KEY)
    if (!license) throw new Error('the sample license is unknown')
    license.verdict = 'revoked'
    await other.checkIn(ADMIN)
    for (let round = 0; round < 5; round++) {
      for (const replica of [one, other]) {
        await replica.tick()
        await settle()
        expect(replica.view('admin').state).toBe('revoked')
      }
      clock.advance(60_000)
    }
    expect((await store.read()).license?.lastState).toBe('revoked')
    expect(store.events.filter(({ kind, details }) => kind === 'state_changed' && details.to === 'revoked')).toHaveLength(1)
    expect(store.events.at(-1)?.details).not.toMatchObject({ to: 'active' })
  })

  it('F62: stays over a row that nobody has touched, also where it lifts a verdict that this replica had just written', async () => {
    const world = await createWorld()
    await world.service.save({ credential: KEY, actor: ADMIN })
    const license = world.vendor.licenses.get(KEY)
    if (!license) throw new Error('the sample license is unknown')
    license.verdict = 'revoked'
    await world.service.checkIn(ADMIN)
    license.verdict = null
    const restore = failCommits(world.store, 'check_in_succeeded')
    await world.service.checkIn(ADMIN)
    restore()
    await world.store.saveSeatsUsed(3)
    await world.tick()
    expect((await world.store.read()).license?.verdict).not.toBeNull()
    expect(world.service.view('admin')).toMatchObject({ state: 'active', entitled: true })
    await world.service.checkIn(ADMIN)
    expect((await world.store.read()).license).toMatchObject({ verdict: null, lastState: 'active' })
  })
})
