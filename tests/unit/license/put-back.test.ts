import { beforeEach, describe, expect, it } from 'vitest'
import { DAY, HOUR, offlineToken, OTHER_INSTANCE } from '../../support/claims.ts'
import { START } from '../../support/simulated-clock.ts'
import { verifySynchronously } from '../../support/signing.ts'
import { AIRGAPPED_KEY, failure, KEY, SECRET } from '../../support/simulated-vendor.ts'
import { save } from '../../support/saving.ts'
import type { World } from '../../support/world.ts'
import { ADMIN, createSqliteWorld, createWorld } from '../../support/world.ts'

beforeEach(verifySynchronously)

type Claims = Parameters<typeof offlineToken>[0]
const tokenFor = (world: Pick<World, 'service'>, claims: Claims = {}) => offlineToken({ instance_id: world.service.instanceId, sub: 'lic_token', ...claims })
const putBack = (world: Pick<World, 'service'>, revision?: number) => world.service.putBack({ actor: ADMIN, ...(revision === undefined ? {} : { revision }) })
const view = (world: Pick<World, 'service'>) => world.service.view('admin')
const iso = (ms: number) => new Date(ms).toISOString()

async function replaced(world: World, before: string, after = KEY) {
  await save(world, before)
  await save(world, after)
  return world
}

describe('the license before', () => {
  it.each([['offline', tokenFor, null, null], ['airgapped', () => AIRGAPPED_KEY, SECRET, 'nc_ag_••••••••6789']] as const)(
    'can be put back if it was %s: all of it, at once, with no call', async (method, credentialFor, secret, maskedKey) => {
      const world = await createWorld()
      await save(world, credentialFor(world))
      const { license } = await world.store.read()
      const before = view(world)
      world.clock.advance(HOUR)
      await save(world, KEY)
      expect(view(world).previous).toMatchObject({ method, plan: before.plan, expiresAt: before.expiresAt, until: iso(START + (method === 'offline' ? HOUR : HOUR) + DAY) })
      const calls = world.vendor.calls.length
      await putBack(world, view(world).revision)
      expect((await world.store.read()).license).toEqual({ ...license, secret, maskedKey, lastState: 'active' })
      expect(view(world)).toMatchObject({ state: 'active', method, licenseId: before.licenseId, expiresAt: before.expiresAt, previous: null, revision: 3 })
      expect(world.vendor.calls).toHaveLength(calls)
    })

  it('can be put back after a restart, and is what the next start reads', async () => {
    const world = await createSqliteWorld()
    await world.service.save({ credential: tokenFor(world), actor: ADMIN })
    await world.service.save({ credential: AIRGAPPED_KEY, actor: ADMIN })
    await world.boot()
    await putBack(world)
    await world.boot()
    expect(view(world)).toMatchObject({ state: 'active', method: 'offline', licenseId: 'lic_token', previous: null })
  })

  it('goes back once', async () => {
    const world = await createWorld()
    await replaced(world, tokenFor(world))
    await putBack(world)
    await expect(putBack(world)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('frees the seat of the standard license that it takes the place of', async () => {
    const world = await createWorld()
    await replaced(world, tokenFor(world))
    await putBack(world)
    expect(await world.store.dueDeactivations(Infinity)).toMatchObject([{ sub: 'lic_standard', secret: SECRET }])
  })

  it('is written down as an entry of its own, with both licenses and who did it', async () => {
    const world = await createWorld()
    await replaced(world, tokenFor(world))
    await putBack(world)
    expect(world.store.events.at(-1)).toMatchObject({
      kind: 'put_back', actor: 'user', actorEmail: 'admin@customer.example', address: '192.0.2.7',
      details: { method: 'offline', licenseId: 'lic_token', plan: 'enterprise', replacedMethod: 'standard', replacedId: 'lic_standard' },
    })
    expect(world.log.at(-1)).toMatchObject({ level: 'info', message: 'previous license put back' })
  })

  it('leaves trusted time alone, which the lease put back knew long ago', async () => {
    const world = await createWorld()
    await save(world, AIRGAPPED_KEY)
    world.clock.advance(5 * HOUR)
    await save(world, tokenFor(world))
    const { effective } = world.service.moment()
    await putBack(world)
    expect(world.service.moment()).toMatchObject({ effective, trusted: effective })
    await world.boot()
    expect(world.service.moment().effective).toBe(effective)
  })

  it('is never shown, whole or in part', async () => {
    const world = await createWorld()
    const token = tokenFor(world)
    await replaced(world, token)
    expect(Object.keys(view(world).previous ?? {}).toSorted()).toEqual(['expiresAt', 'method', 'plan', 'until'])
    expect(JSON.stringify(view(world))).not.toContain(token.slice(0, 20))
  })
})

describe('there is nothing to put back', () => {
  it.each<[string, (world: World) => Promise<unknown>]>([
    ['before anything was replaced', world => save(world, tokenFor(world))],
    ['of a standard license, whose seat is given back', world => replaced(world, KEY, AIRGAPPED_KEY)],
    ['of the same license with an earlier number', world => replaced(world, tokenFor(world), tokenFor(world, { seq: 2, jti: 'jti-2' }))],
    ['of a license under a verdict', async (world) => {
      await save(world, AIRGAPPED_KEY)
      const license = [...world.vendor.licenses.values()].find(({ sub }) => sub === 'lic_airgapped')
      if (license) license.verdict = 'revoked'
      await world.service.checkIn(ADMIN)
      await save(world, KEY)
    }],
    ['of a license of another installation', async (world) => {
      await save(world, AIRGAPPED_KEY)
      await world.boot({ instanceId: OTHER_INSTANCE })
      await save(world, tokenFor(world))
    }],
    ['of a license that has ended', async (world) => {
      await save(world, tokenFor(world, { exp: START / 1000 + 60 }))
      world.clock.advance(61_000)
      await save(world, KEY)
    }],
    ['once its term has ended', async (world) => {
      await replaced(world, tokenFor(world, { exp: START / 1000 + 60 }))
      world.clock.advance(61_000)
    }],
    ['a day later', async (world) => {
      await replaced(world, tokenFor(world))
      world.clock.advance(DAY)
    }],
    ['after the next change: a removal', async (world) => {
      await replaced(world, tokenFor(world))
      await world.service.remove({ actor: ADMIN })
    }],
    ['of the license before the one before', async (world) => {
      await replaced(world, tokenFor(world))
      await save(world, KEY)
      await save(world, KEY)
    }],
  ])('%s', async (_, arrange) => {
    const world = await createWorld()
    await arrange(world)
    expect(view(world).previous).toBeNull()
    const { license } = await world.store.read()
    await expect(putBack(world)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect((await world.store.read()).license).toEqual(license)
  })

  it('where NC_LICENSE_KEY has set the license', async () => {
    const world = await createWorld()
    await save(world, tokenFor(world))
    await world.boot({ provisioned: { text: KEY, digest: 'digest' } })
    await world.tick()
    expect(view(world)).toMatchObject({ method: 'standard', previous: null })
    await expect(putBack(world)).rejects.toMatchObject({ code: 'MANAGED_BY_ENV' })
    await world.boot({ provisioned: null })
    expect(view(world).previous).toBeNull()
  })

  it('while NC_LICENSE_KEY is set, even if that could not be applied over what was saved by hand before', async () => {
    const world = await createWorld()
    await replaced(world, tokenFor(world), AIRGAPPED_KEY)
    world.vendor.failing = failure('NET_DNS')
    await world.boot({ provisioned: { text: KEY, digest: 'digest' } })
    await world.tick()
    expect(view(world)).toMatchObject({ method: 'airgapped', previous: null })
    await expect(putBack(world)).rejects.toMatchObject({ code: 'MANAGED_BY_ENV' })
    await world.boot({ provisioned: null })
    expect(view(world).previous).toMatchObject({ method: 'offline' })
  })
})

describe('putting back', () => {
  it('is refused over another revision than the current one', async () => {
    const world = await createWorld()
    await replaced(world, tokenFor(world))
    await expect(putBack(world, 1)).rejects.toMatchObject({ code: 'CONFLICT', details: { revision: 2 } })
    expect(view(world).method).toBe('standard')
  })

  it('is refused if somebody else stores a license in that moment, which stands', async () => {
    const world = await createWorld()
    await replaced(world, tokenFor(world))
    const other = await world.boot()
    const { commit } = world.store
    world.store.commit = async (input) => {
      world.store.commit = commit
      await other.save({ credential: AIRGAPPED_KEY, actor: ADMIN })
      return commit(input)
    }
    await expect(putBack(world)).rejects.toMatchObject({ code: 'CONFLICT', details: { revision: 3 } })
    expect(view(world)).toMatchObject({ method: 'airgapped', revision: 3 })
  })

  it.each<[string, Claims, string]>([
    ['changed', {}, 'TOKEN_SIGNATURE_INVALID'], ['made for another installation', { instance_id: OTHER_INSTANCE }, 'NOT_FOUND'],
  ])('verifies what was stored: a lease that was %s', async (_, claims, code) => {
    const world = await createWorld()
    await replaced(world, tokenFor(world))
    const { previous, ...snapshot } = await world.store.read()
    const lease = code === 'NOT_FOUND' ? tokenFor(world, claims) : `${previous?.lease.slice(0, -4)}AAAA`
    world.store.read = async () => ({ ...snapshot, version: snapshot.version + 1, previous: previous && { ...previous, lease } })
    await expect(putBack(world)).rejects.toMatchObject({ code })
  })

  it('changes nothing while the database is away', async () => {
    const world = await createWorld()
    await replaced(world, tokenFor(world))
    world.store.available = false
    await expect(putBack(world)).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
    world.store.available = true
    expect(view(world)).toMatchObject({ method: 'standard', previous: { method: 'offline' } })
  })
})

describe('what is kept of the license before', () => {
  it('is gone from the database after a day, by itself', async () => {
    const world = await createWorld()
    await replaced(world, AIRGAPPED_KEY, tokenFor(world))
    await world.tick()
    expect((await world.store.read()).previous).toMatchObject({ secret: SECRET })
    world.clock.advance(DAY)
    await world.tick()
    expect((await world.store.read()).previous).toBeNull()
  })
})
