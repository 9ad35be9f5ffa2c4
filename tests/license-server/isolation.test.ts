import { describe, expect, it } from 'vitest'
import { createSeededRandom } from '../support/random.ts'
import { NAMED_KEYS } from './named-keys.ts'
import { createSandbox } from './sandbox.ts'
import { createSandboxParts } from './sandbox-parts.ts'
import type { SandboxParts } from './sandbox-parts.ts'
import { createStory } from './story.ts'
import type { Part, Stage, Story } from './story.ts'

const SHARED_KEYS = ['nc_demo_standard', 'nc_demo_short', 'nc_ag_demo_airgapped'] as const
const STEPS = 10
const AT_ONCE = 40
const SEED = 1

/**
 * Casts the stories: on an installation of their own with a named key, with a key of their own, or on an installation that they
 * share, with one key of it. An installation of those has three named keys, so that no two stories are the same.
 */
function castOf(count: number, { unit, hex }: Stage['random']): Part[] {
  const shared = Array.from({ length: Math.ceil(count / 8) }, () => hex(16))
  const methodOf = (key: string) => NAMED_KEYS[key]?.method ?? 'standard'
  return Array.from({ length: count }, (_, index): Part => {
    const [name, own] = [`story ${index}`, hex(16)]
    const common = shared[Math.floor(unit() * shared.length)] ?? own
    const turn = Math.floor(index / 4)
    const [key = SHARED_KEYS[0], installation = own] = [SHARED_KEYS[turn % 3], shared[Math.floor(turn / 3)]]
    const created = { key: `nc_story_${own}`, method: unit() < 0.3 ? 'airgapped' : 'standard', named: false } as const
    switch (index % 4) {
      case 0: return { name, installation: own, key, method: methodOf(key), named: true, scope: { installation: own } }
      case 1: return { name, installation: common, ...created, scope: { key: created.key } }
      case 2: return { name, installation: common, ...created, scope: { key: created.key, installation: common } }
      default: return { name, installation, key, method: methodOf(key), named: true, scope: { key, installation } }
    }
  })
}

/** Plays the stories on one server, some of them at once, in an order that follows from the seed, up to the first surprise. */
async function play(parts: SandboxParts, count: number, seed: number): Promise<string[]> {
  const random = createSeededRandom(seed)
  const surprises: string[] = []
  const over = new AbortController()
  const report = (surprise: string): void => {
    surprises.push(surprise)
    over.abort()
  }
  const stage: Stage = { sandbox: createSandbox(parts), random, now: NOW, report, over: over.signal }
  const stories = castOf(count, random).map((part): { story: Story, left: number } => ({ story: createStory(part, stage), left: STEPS }))
  await Promise.all(stories.map(({ story }) => story.begin()))
  for (let open = stories; open.length > 0 && !over.signal.aborted; open = open.filter(({ left }) => left > 0)) {
    const start = Math.floor(random.unit() * open.length)
    await Promise.all(open.slice(start, start + AT_ONCE).map(async (each) => {
      each.left -= 1
      await each.story.step().catch((error: unknown) => report(String(error)))
    }))
  }
  return surprises
}

const MACHINE = Date.now()
const NOW = Math.floor(MACHINE / 1000)
const createParts = () => createSandboxParts(() => MACHINE)

/** Every place where something is kept apart, made blind. */
type Blind = <T extends object>(scope: T) => T
const BLINDED: readonly [string, (parts: SandboxParts, blind: Blind) => Partial<SandboxParts>][] = [
  ['a fault', ({ faults }, blind) => ({ faults: { ...faults, add: fault => faults.add(blind(fault)) } })],
  ['clearing faults', ({ faults }, blind) => ({ faults: { ...faults, clear: reach => faults.clear(blind(reach)) } })],
  ['the list of faults', ({ faults }, blind) => ({ faults: { ...faults, list: reach => faults.list(blind(reach)) } })],
  ['the clock', ({ clock }, blind) => ({ clock: { ...clock, shift: shift => clock.shift(blind(shift)) } })],
  ['a reset of the clock', ({ clock }, blind) => ({ clock: { ...clock, reset: reach => clock.reset(blind(reach)) } })],
  ['a reset of licenses', ({ licenses }, blind) => ({ licenses: { ...licenses, reset: reach => licenses.reset(blind(reach)) } })],
  ['the list of forks', ({ forks }, blind) => ({ forks: { ...forks, list: reach => forks.list(blind(reach)) } })],
  ['a reset of forks', ({ forks }, blind) => ({ forks: { ...forks, reset: reach => forks.reset(blind(reach)) } })],
  ['the list of requests', ({ requests }, blind) => ({ requests: { ...requests, list: filter => requests.list(blind(filter)) } })],
  ['waiting for requests', ({ requests }, blind) => ({
    requests: { ...requests, wait: (count, filter, giveUp) => requests.wait(count, blind(filter), giveUp) },
  })],
  ['clearing requests', ({ requests }, blind) => ({ requests: { ...requests, clear: reach => requests.clear(blind(reach)) } })],
]
const to = (...members: string[]): Blind => scope => Object.assign({ ...scope }, Object.fromEntries(members.map(member => [member, undefined])))
const DIMENSIONS: readonly [string, Blind][] = [['installations', to('installation')], ['licenses', to('key', 'licenseId')]]

describe('tests that share a sandbox license server', () => {
  it('hear nothing of each other: 1,000 random stories at once', async () => {
    expect(await play(createParts(), 1000, SEED)).toEqual([])
  })

  const blindings = DIMENSIONS.flatMap(([dimension, blind]) => BLINDED.map(([place, of]) => [place, dimension, of, blind] as const))
  it.each(blindings)('would notice if %s did not keep %s apart', async (_, _dimension, of, blind) => {
    const parts = createParts()
    expect((await play({ ...parts, ...of(parts, blind) }, 120, SEED)).length).toBeGreaterThan(0)
  })

  it('would notice if a change to a named key for one installation were one for all', async () => {
    const { licenses, ...parts } = createParts()
    const change: typeof licenses.change = (key, { installation: _, ...rest }) => licenses.change(key, rest)
    expect((await play({ ...parts, licenses: { ...licenses, change } }, 120, SEED)).length).toBeGreaterThan(0)
  })
})
