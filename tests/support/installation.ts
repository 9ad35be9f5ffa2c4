import { HOUR, offlineToken } from './claims.ts'
import { START } from './simulated-clock.ts'
import { KEY } from './simulated-vendor.ts'
import type { World } from './world.ts'
import { ADMIN, createWorld } from './world.ts'

/* Simulated installations with a license, for faults of time. */

export const SECOND = 1000
/** Periods as the real license server signs them, seconds. */
export const EVERY = 21_600
export const GRACE = 604_800
export const PAUSES_AFTER = (EVERY + GRACE) * SECOND

/** An installation on whatever storage. */
export type Installation = Pick<World, 'clock' | 'vendor' | 'service' | 'boot' | 'tick'>

export const moment = (world: Installation) => world.service.moment()
export const warnings = (world: Installation) => world.service.view('admin').warnings.map(({ code }) => code)
export const save = (world: Installation, credential: string) => world.service.save({ credential, actor: ADMIN })

export async function standard(): Promise<World> {
  const world = await createWorld()
  await save(world, KEY)
  return world
}

/** Creates an installation with an offline license that lasts `forMs` from now. */
export async function offline(forMs: number): Promise<World> {
  const world = await createWorld()
  await save(world, offlineToken({ instance_id: world.service.instanceId, exp: (START + forMs) / SECOND }))
  return world
}

/** Lets time pass in big steps, with a tick whenever one could make a difference. */
export async function pass(world: Installation, ms: number, step = HOUR): Promise<void> {
  for (let left = ms; left > 0; left -= step) {
    world.clock.advance(Math.min(step, left))
    await world.tick()
    await world.tick()
  }
}
