import { beforeEach, describe, expect, it } from 'vitest'
import { CLAIM_LENGTH } from '../../../server/license/check-in-claim.ts'
import type { LicenseService } from '../../../server/license/service.ts'
import { failCommits } from '../../support/holding.ts'
import { createReplicas } from '../../support/replicas.ts'
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

describe('an answer that could not be written', () => {
  /** One of two replicas has it, and the claim. */
  async function answered() {
    const replicas = await createReplicas(2)
    const [one, other] = replicas.all
    if (!one || !other) throw new Error('two replicas are needed')
    await one.service.save({ credential: KEY, actor: ADMIN })
    await replicas.run(1000)
    const restore = failCommits(replicas.store, 'check_in_succeeded')
    await one.service.checkIn(ADMIN)
    return { ...replicas, one: one.service, other: other.service, restore }
  }
  const issued = (service: LicenseService) => service.view('admin').issuedAt

  it('F62: has one line in the log, however late it is written', async () => {
    const { log, store, restore, run } = await answered()
    restore()
    await run(1000)
    expect(store.events.at(-1)?.kind).toBe('check_in_succeeded')
    expect(log.filter(({ message }) => message === 'check-in succeeded').map(({ fields }) => fields.recorded)).toEqual([false])
  })

  it('F91: comes before another call, and gives back the claim once it is written, however often somebody asked meanwhile', async () => {
    const { one, vendor, store, restore, run } = await answered()
    const called = vendor.callsOf('checkIn').length
    for (let press = 0; press < 3; press++) await expect(one.checkIn(ADMIN)).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
    expect(vendor.callsOf('checkIn')).toHaveLength(called)
    const kept = issued(one)
    restore()
    await run(1000)
    expect(store.events.at(-1)?.kind).toBe('check_in_succeeded')
    expect(await store.claims?.readClaim()).toMatchObject({ holder: null })
    expect(issued(one)).toBe(kept)
  })

  it('F91: that somebody asks for while it is being written is written once', async () => {
    const { one, vendor, store, restore, run } = await answered()
    restore()
    const called = vendor.callsOf('checkIn').length
    const { commit } = store
    const begun: string[] = []
    let goOn = () => {}
    const gate = new Promise<void>((resolve) => { goOn = resolve })
    store.commit = async (input) => {
      begun.push(input.event.kind)
      await gate
      return commit(input)
    }
    const both = Promise.all([one.tick(), one.checkIn(ADMIN)])
    await settle()
    expect(begun).toEqual(['check_in_succeeded'])
    goOn()
    await both
    store.commit = commit
    await run(1000)
    expect(vendor.callsOf('checkIn')).toHaveLength(called + 1)
    expect(store.events.at(-1)).toMatchObject({ kind: 'check_in_succeeded', count: 2 })
    expect(await store.claims?.readClaim()).toMatchObject({ holder: null })
  })

  it('F91: is given up once somebody else has taken the claim, even before that one has written anything', async () => {
    const { one, other, store, restore, run } = await answered()
    expect(issued(one)).not.toBe(issued(other))
    const claim = await store.claims?.readClaim()
    await store.claims?.swapClaim({ beat: claim?.beat ?? 0, holder: 'another', term: (claim?.term ?? 0) + 1, lasts: CLAIM_LENGTH })
    restore()
    await run(1000)
    expect(issued(one)).toBe(issued(other))
  })
})
