import { beforeEach, describe, expect, it } from 'vitest'
import type { LicenseState } from '../../../shared/contracts.ts'
import { DAY, HOUR } from '../../support/claims.ts'
import { offline, pass, PAUSES_AFTER, SECOND, standard, moment, warnings } from '../../support/installation.ts'
import type { Installation } from '../../support/installation.ts'
import { verifySynchronously } from '../../support/signing.ts'
import { failure } from '../../support/simulated-vendor.ts'

beforeEach(verifySynchronously)

/** Trusted time leans towards the wall clock by so much at most: what a wrong clock may move a border by. */
const DRIFT = 500e-6

describe('a clock set back by eight days', () => {
  const restarts = [['running', async () => undefined], ['across a restart', (world: Installation) => world.boot()], ['across a reboot', async (world: Installation) => {
    world.clock.reboot(0)
    await world.boot()
  }]] as const

  it.each(restarts)('F50: gains a standard license nothing, and takes nothing from it: %s', async (_, restart) => {
    const world = await standard()
    world.vendor.failing = failure('NET_CONNECT')
    await pass(world, DAY)
    world.clock.shiftWall(-8 * DAY)
    await restart(world)
    await world.tick()
    expect(moment(world).entitled).toBe(true)
    expect(warnings(world)).toContain('CLOCK_BEHIND')
    await pass(world, PAUSES_AFTER - DAY - HOUR)
    expect(moment(world).state).toBe('grace')
    await pass(world, HOUR + PAUSES_AFTER * DRIFT + 60 * SECOND, 60 * SECOND)
    expect(moment(world)).toMatchObject({ state: 'paused', entitled: false })
  })

  it.each(restarts)('F50: gains an offline license nothing: %s', async (_, restart) => {
    const world = await offline(10 * DAY)
    await pass(world, DAY)
    world.clock.shiftWall(-8 * DAY)
    await restart(world)
    await world.tick()
    expect(moment(world)).toMatchObject({ state: 'active', entitled: true })
    expect(warnings(world)).toContain('CLOCK_BEHIND')
    await pass(world, 9 * DAY - HOUR)
    expect(moment(world).state).toBe('active')
    await pass(world, HOUR + 10 * DAY * DRIFT + 60 * SECOND, 60 * SECOND)
    expect(moment(world).state).toBe('expired')
  })

  it('F50: is set right by the next answer, and forgotten once it is repaired', async () => {
    const world = await standard()
    world.clock.shiftWall(-8 * DAY)
    await pass(world, 7 * HOUR)
    expect(moment(world).state).toBe('active')
    expect(Math.abs(moment(world).effective - world.clock.real())).toBeLessThan(2 * HOUR * DRIFT + SECOND)
    world.clock.repairWall()
    await world.tick()
    expect(warnings(world)).not.toContain('CLOCK_BEHIND')
  })
})

describe('a clock that runs ahead by eight days', () => {
  const begin = [['running', async () => undefined], ['across a restart', (world: Installation) => world.boot()], ['across a reboot', async (world: Installation) => {
    world.clock.reboot(10 * SECOND)
    await world.boot()
  }]] as const

  it.each(begin)('F51: never pauses a license whose server answers, and leaves no mark: %s', async (_, restart) => {
    const world = await standard()
    await pass(world, DAY)
    world.clock.shiftWall(8 * DAY)
    await restart(world)
    const states = new Set<LicenseState>([moment(world).state])
    for (let hour = 0; hour < 48; hour++) {
      await pass(world, HOUR)
      states.add(moment(world).state)
    }
    expect([...states]).toEqual(['active'])
    expect(warnings(world)).toContain('CLOCK_AHEAD')
    world.clock.repairWall()
    await pass(world, HOUR)
    expect([moment(world).state, warnings(world)]).toEqual(['active', []])
  })

  it.each([begin[1], begin[2]])('F51: is believed where the server is away and nobody has answered, until it is repaired: %s', async (_, restart) => {
    const world = await standard()
    world.vendor.failing = failure('NET_CONNECT')
    world.clock.shiftWall(8 * DAY)
    await restart(world)
    await world.tick()
    await world.tick()
    expect(moment(world).state).toBe('paused')
    world.clock.repairWall()
    await world.tick()
    expect([moment(world).state, moment(world).entitled]).toEqual(['active', true])
    world.vendor.failing = null
    await pass(world, 2 * HOUR, 60 * SECOND)
    expect([moment(world).state, warnings(world)]).toEqual(['active', []])
  })

  it.each(begin)('F51: lets an offline license expire, which is itself again once it is repaired: %s', async (_, restart) => {
    const world = await offline(5 * DAY)
    world.clock.shiftWall(8 * DAY)
    await restart(world)
    await pass(world, HOUR)
    expect(moment(world).state).toBe('expired')
    world.clock.repairWall()
    await restart(world)
    await world.tick()
    expect(moment(world)).toMatchObject({ state: 'active', entitled: true })
    expect(world.vendor.calls).toEqual([])
  })

  it('F51: is no matter after eight days of suspend, where the server answers', async () => {
    const world = await standard()
    await world.boot()
    await pass(world, HOUR)
    world.clock.advance(8 * DAY)
    await world.tick()
    await world.tick()
    expect(moment(world)).toMatchObject({ state: 'active', entitled: true })
  })

  it.each([['answers', null], ['is away', failure('NET_DNS')]] as const)('F51: a dead clock that boots in 1970 and is set later pauses nothing: the server %s', async (_, failing) => {
    const world = await standard()
    await pass(world, HOUR)
    world.vendor.failing = failing
    world.clock.reboot(HOUR)
    const wrong = -world.clock.real()
    world.clock.shiftWall(wrong)
    await world.boot()
    await pass(world, 60 * SECOND, SECOND)
    expect(moment(world)).toMatchObject({ state: 'active', entitled: true })
    expect(warnings(world)).toContain('CLOCK_BEHIND')
    world.clock.repairWall()
    await pass(world, 60 * SECOND, SECOND)
    expect(moment(world)).toMatchObject({ state: 'active', entitled: true })
    expect(warnings(world).filter(code => code.startsWith('CLOCK'))).toEqual([])
  })
})
