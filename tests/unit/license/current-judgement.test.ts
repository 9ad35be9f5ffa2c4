import { describe, expect, it, vi } from 'vitest'
import { seen } from '../../../shared/findings.ts'
import type { Judgement } from '../../../server/license/current-judgement.ts'
import { createCurrentJudgement, createTeller, onceFor } from '../../../server/license/current-judgement.ts'
import { LONGEST_HOLD } from '../../../server/license/held-state.ts'
import type { StorageTrouble } from '../../../server/license/service.ts'
import { EVERY, PAUSES_AFTER, SECOND, standard } from '../../support/installation.ts'
import { START } from '../../support/simulated-clock.ts'
import { ADMIN, createWorld } from '../../support/world.ts'

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
  const judgement = createCurrentJudgement(holder as unknown as Parameters<typeof createCurrentJudgement>[0], world.clock)
  return { world, judgement, ask: () => { judgement.current(); return judged }, change: () => { memory.value = {} } }
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

  it('is the same object for as long as it stands, and tells the time that has passed since', async () => {
    const { world, judgement } = await counted()
    const first = judgement.current()
    const { effective } = judgement
    expect(effective).toBe(first.moment.effective)
    world.clock.advance(400)
    expect(judgement.current()).toBe(first)
    expect(judgement.effective).toBe(effective + 400)
    world.clock.advance(SECOND)
    expect(judgement.current()).not.toBe(first)
    expect(judgement.effective).toBe(effective + 400 + SECOND)
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

  it('is of the lease that is held, also where a fresh one of the same license has other features', async () => {
    const world = await standard()
    expect([world.service.hasFeature('sso'), world.service.hasFeature('teams')]).toEqual([true, false])
    world.vendor.spoil = ({ claims }) => { claims.features = ['teams'] }
    await world.service.checkIn(ADMIN)
    expect([world.service.hasFeature('sso'), world.service.hasFeature('teams')]).toEqual([false, true])
  })

  it('ends to the millisecond when a state is held no longer, however often it is asked', async () => {
    const world = await standard()
    world.vendor.beforeAnswer = () => new Promise(() => undefined)
    world.clock.advance(PAUSES_AFTER + SECOND)
    await world.boot()
    world.clock.advance(LONGEST_HOLD - 20)
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
      const { state, entitled, effective } = world.service.moment()
      const told = { state, entitled, serverTime: new Date(effective).toISOString() }
      expect([world.service.view('viewer'), world.service.entitlements(true)]).toMatchObject([told, told])
    }
  })
})

describe('an answer that is kept for as long as a judgement stands', () => {
  it('is made once of a judgement, and again of another or of what else it depends on', () => {
    const [one, other] = [{ features: new Set(['sso']) }, { features: new Set(['sso']) }] as unknown as Judgement[]
    const make = vi.fn((_: Judgement, more: string) => ({ more }))
    const answer = onceFor(make)
    if (!one || !other) throw new Error('no judgements')
    const first = answer(one, 'a')
    expect(answer(one, 'a')).toBe(first)
    expect([answer(other, 'a'), answer(other, 'b'), answer(one, 'b')]).toEqual([{ more: 'a' }, { more: 'b' }, { more: 'b' }])
    expect(make).toHaveBeenCalledTimes(4)
  })

  it('is told with the time of each millisecond, and as the same object within one', () => {
    const tell = createTeller<{ state: string, serverTime: string }>()
    const [one, other] = [{ state: 'active', serverTime: 'when it was made' }, { state: 'grace', serverTime: 'when it was made' }]
    const told = [tell(one, START), tell(one, START + 0.9), tell(one, START + 1), tell(other, START + 1), tell(one, START + 1)]
    expect(told.map(({ state, serverTime }) => [state, Date.parse(serverTime) - START])).toEqual([['active', 0], ['active', 0], ['active', 1], ['grace', 1], ['active', 1]])
    expect(told[1]).toBe(told[0])
    expect(one.serverTime).toBe('when it was made')
  })

  it('is no other role\'s, nor is the signed license told to whoever asked without it', async () => {
    const { service } = await standard()
    for (const _ of [1, 2]) {
      expect([service.view('admin').licensee?.email, service.view('viewer').licensee?.email]).toEqual([expect.any(String), null])
      expect([service.entitlements(true).lease, service.entitlements(false).lease]).toEqual([expect.any(String), null])
    }
  })

  it('says at once that the database is in trouble, and that it no longer is', async () => {
    let trouble: StorageTrouble | null = null
    const { service } = await createWorld({ service: { storageTrouble: () => trouble } })
    const causes: unknown[] = []
    for (const cause of [null, 'unreachable', 'damaged', null] as const) {
      trouble = cause && { seen: seen('STORAGE_UNAVAILABLE', cause), since: START }
      causes.push(service.view('admin').finding?.cause ?? null)
    }
    expect(causes).toEqual([null, 'unreachable', 'damaged', null])
  })
})
