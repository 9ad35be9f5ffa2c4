import { expect } from 'vitest'
import type { SaveStep } from '../../shared/method-rules.ts'
import type { World } from './world.ts'
import { ADMIN } from './world.ts'

/** Saves as the administrator. */
export function save(world: World, credential: string, more: { revision?: number, onStep?: (step: SaveStep) => void } = {}): Promise<void> {
  return world.service.save({ credential, actor: ADMIN, ...more })
}

/** Everything that a failed activation must leave unchanged; recording that a request was made, and refused, is allowed. */
export async function traceOf(world: World) {
  const { lastRequest: _, version, trusted, ...kept } = await world.store.read()
  const trace = { kept, trustedAt: trusted?.at ?? null, events: world.store.events.length, view: world.service.view('admin') }
  return { trace, version }
}

export async function expectNothingChanged(world: World, before: Awaited<ReturnType<typeof traceOf>>): Promise<void> {
  expect((await traceOf(world)).trace).toEqual(before.trace)
}
