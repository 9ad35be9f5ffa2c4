import { describe, expect, it } from 'vitest'
import { createLicensedFeatures } from '../../../server/license/licensed-features.ts'
import { EVERY, PAUSES_AFTER, SECOND, standard } from '../../support/installation.ts'

/** An installation with a license, and how often asking for its features had it judged. */
async function counted() {
  const world = await standard()
  let judged = 0
  const { service } = world
  const memory = { value: {} }
  const holder = {
    observe() {
      judged++
      return service.moment()
    },
    get memory() { return memory.value },
    get holding() { return { kind: 'none' } },
  }
  const licensed = createLicensedFeatures(holder as unknown as Parameters<typeof createLicensedFeatures>[0], world.clock)
  return { world, ask: () => { licensed(); return judged }, change: () => { memory.value = {} } }
}

describe('what is licensed now', () => {
  it('is judged once for as long as nothing happens, and a second at most', async () => {
    const { world, ask } = await counted()
    expect([ask(), ask(), ask()]).toEqual([1, 1, 1])
    world.clock.advance(SECOND)
    expect(ask()).toBe(1)
    world.clock.advance(1)
    expect([ask(), ask()]).toEqual([2, 2])
  })

  it('is judged anew when the license has changed, and when a clock has jumped, either way', async () => {
    const { world, ask, change } = await counted()
    ask()
    change()
    expect([ask(), ask()]).toEqual([2, 2])
    world.clock.shiftWall(60 * SECOND)
    expect([ask(), ask()]).toEqual([3, 3])
    world.clock.shiftWall(-120 * SECOND)
    expect([ask(), ask()]).toEqual([4, 4])
  })

  it('ends to the millisecond when the license pauses, however often it is asked', async () => {
    const world = await standard()
    world.clock.advance(PAUSES_AFTER - 20)
    const answers: boolean[] = []
    for (let left = 20; left >= 0; left--) {
      answers.push(world.service.hasFeature('sso'))
      world.clock.advance(1)
    }
    expect(answers).toEqual([...Array<boolean>(20).fill(true), false])
  })

  it('is what the state says at every moment of a life, clocks that jump included', async () => {
    const world = await standard()
    const steps = [400, 700, EVERY * SECOND, 3 * SECOND, 999, 1001, PAUSES_AFTER]
    for (const [nth, step] of [...steps, ...steps].entries()) {
      if (nth % 3 === 2) world.clock.shiftWall((nth % 2 ? 1 : -1) * PAUSES_AFTER)
      world.clock.advance(step)
      expect(world.service.hasFeature('sso')).toBe(world.service.moment().entitled)
      expect(world.service.hasFeature('sso')).toBe(world.service.entitlements(false).features.includes('sso'))
    }
  })
})
