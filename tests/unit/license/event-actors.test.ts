import { beforeEach, describe, expect, it } from 'vitest'
import type { Actor } from '../../../server/license/events.ts'
import type { EventKind } from '../../../shared/contracts.ts'
import { verifySynchronously } from '../../support/signing.ts'
import { AIRGAPPED_KEY, failure, KEY, licenseAt } from '../../support/simulated-vendor.ts'
import type { World } from '../../support/world.ts'
import { createWorld, digestOf, settle } from '../../support/world.ts'

/* Every kind of entry that the license makes, and everybody who can bring it about: the entry names them, and nobody else. */

beforeEach(verifySynchronously)

const USER: Actor = { kind: 'user', email: 'one@customer.example', address: '192.0.2.1' }
const NOBODY_KNOWS: Actor = { kind: 'user', email: 'two@customer.example', address: null }
const TOKEN: Actor = { kind: 'token', address: '192.0.2.9' }
/** Who puts the license there, so that it is never whom the entry should name. */
const OTHER: Actor = { kind: 'user', email: 'other@customer.example', address: '192.0.2.77' }

interface Named { actor: Actor['kind'], actorEmail: string | null, address: string | null }
const PEOPLE: [Actor, Named][] = [
  [USER, { actor: 'user', actorEmail: 'one@customer.example', address: '192.0.2.1' }],
  [NOBODY_KNOWS, { actor: 'user', actorEmail: 'two@customer.example', address: null }],
  [TOKEN, { actor: 'token', actorEmail: null, address: '192.0.2.9' }],
]
const SYSTEM: Named = { actor: 'system', actorEmail: null, address: null }
const ENVIRONMENT: Named = { actor: 'environment', actorEmail: null, address: null }

async function licensed(key = KEY): Promise<World> {
  const world = await createWorld()
  world.vendor.licenses.set(KEY, licenseAt(world.clock, 'lic_standard', { every: 3600, grace: 7200 }))
  await world.service.save({ credential: key, actor: OTHER })
  return world
}
function standardOf(world: World) {
  const found = world.vendor.licenses.get(KEY)
  if (!found) throw new Error('the vendor lost the license')
  return found
}
const namedIn = (world: World, kind: EventKind) => world.store.events.filter(each => each.kind === kind)
  .map(({ actor, actorEmail, address }): Named => ({ actor, actorEmail, address }))

/** What has the vendor answer so that a check-in leaves an entry of this kind. */
const ANSWERS: [EventKind, (world: World) => void][] = [
  ['check_in_succeeded', () => undefined],
  ['renewed', world => { standardOf(world).exp += 86_400 }],
  ['verdict', world => { standardOf(world).verdict = 'suspended' }],
  ['check_in_failed', world => { world.vendor.failing = failure('NET_TLS') }],
]

describe.each(PEOPLE)('by %j', (actor, named) => {
  it.each([['nothing', null], ['another license', AIRGAPPED_KEY]])('activated, over %s', async (_, before) => {
    const world = before ? await licensed(before) : await createWorld()
    await world.service.save({ credential: KEY, actor })
    expect(namedIn(world, 'activated').at(-1)).toEqual(named)
  })

  it('removed; that the vendor was told is the product\'s own doing', async () => {
    const world = await licensed()
    await world.service.remove({ actor })
    await world.tick()
    expect(namedIn(world, 'removed')).toEqual([named])
    expect(namedIn(world, 'vendor_told')).toEqual([SYSTEM])
  })

  it.each(ANSWERS)('%s, asked for', async (kind, prepare) => {
    const world = await licensed()
    prepare(world)
    await world.service.checkIn(actor).catch(() => undefined)
    expect(namedIn(world, kind)).toEqual([named])
  })

  it('state_changed, which only time and the vendor do', async () => {
    const world = await licensed()
    standardOf(world).verdict = 'suspended'
    await world.service.checkIn(actor)
    await world.tick()
    expect(namedIn(world, 'state_changed')).toEqual([SYSTEM])
  })
})

describe('by nobody', () => {
  it.each(ANSWERS)('%s, when it is due', async (kind, prepare) => {
    const world = await licensed()
    prepare(world)
    world.clock.advance(3_600_000)
    await world.tick()
    await settle()
    expect(namedIn(world, kind)).toEqual([SYSTEM])
  })

  it('given up telling the vendor', async () => {
    const world = await licensed()
    await world.service.remove({ actor: USER })
    world.vendor.failing = failure('NET_CONNECT')
    world.clock.advance(7 * 86_400_000)
    await world.tick()
    expect(namedIn(world, 'vendor_told')).toEqual([SYSTEM])
  })

  it('state_changed as time passes', async () => {
    const world = await licensed()
    world.vendor.failing = failure('NET_CONNECT')
    world.clock.advance(3_600_000)
    await world.tick()
    expect(namedIn(world, 'state_changed')).toEqual([SYSTEM])
  })
})

it('by the operator: activated from NC_LICENSE_KEY', async () => {
  const world = await createWorld()
  await world.boot({ provisioned: digestOf(KEY) })
  await world.tick()
  expect(namedIn(world, 'activated')).toEqual([ENVIRONMENT])
})

it('in the log of the process a line names the kind of actor and its address, never an e-mail', async () => {
  const world = await licensed()
  await world.service.checkIn(TOKEN)
  await world.service.remove({ actor: USER })
  const said = (message: string) => world.log.find(line => line.message === message)?.fields
  expect(said('check-in succeeded')).toEqual({ actor: 'token', address: '192.0.2.9' })
  expect(said('license removed')).toMatchObject({ actor: 'user', address: '192.0.2.1' })
  expect(JSON.stringify(world.log)).not.toContain('@')
})
