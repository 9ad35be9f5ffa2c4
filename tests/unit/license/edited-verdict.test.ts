import type { DatabaseSync } from 'node:sqlite'
import { beforeEach, describe, expect, it } from 'vitest'
import { openStorage } from '../../../server/storage/open.ts'
import { moment, save, SECOND } from '../../support/installation.ts'
import { verifySynchronously } from '../../support/signing.ts'
import { failure, KEY } from '../../support/simulated-vendor.ts'
import { tally } from '../../support/tally.ts'
import { ADMIN } from '../../support/world.ts'
import type { EditedWorld } from './row-editing.ts'
import { credentialOf, editRows, expectInvalid, licensed } from './row-editing.ts'

beforeEach(verifySynchronously)

/** A standard license that the vendor has revoked, with what was stored of it before. */
async function revoked(): Promise<{ world: EditedWorld, before: string }> {
  const world = await licensed('standard')
  const before = (await world.store.read()).license?.lease ?? ''
  await world.service.checkIn(ADMIN)
  Object.assign(world.vendor.licenses.get(KEY) ?? {}, { verdict: 'revoked' })
  await world.service.checkIn(ADMIN)
  expect(moment(world).state).toBe('revoked')
  return { world, before }
}

const ERASED: [string, (database: DatabaseSync, before: string) => void][] = [
  ['a verdict erased', database => database.exec('update license set verdict = null')],
  ['a verdict erased, with the lease before in its place', (database, before) => {
    database.prepare('update license set verdict = null, lease = ?, jti = \'lic_standard-1\', last_state = \'active\'').run(before)
  }],
  ['a verdict erased and the mark of another statement at its number', (database) => {
    database.exec('update license set verdict = null; update license_seq set seq = 2, jti = \'another\'')
  }],
]

describe('a verdict erased by SQL', () => {
  it.each(ERASED)('F84: with the mark kept is invalid, not a license again: %s', async (_, erase) => {
    const { world, before } = await revoked()
    world.vendor.failing = failure('NET_CONNECT')
    editRows(world, database => erase(database, before))
    await world.service.setSeatsUsed(3)
    expectInvalid(world)
    await world.boot()
    await world.run(20 * SECOND)
    expectInvalid(world)
    expect(world.service.view('admin').invalidBecause).toEqual({ code: 'TOKEN_OLDER_THAN_CURRENT', reference: 'NCL-113' })
    tally({ row: 'F84', tried: 1, accepted: 0 })
  })

  it.each(ERASED)('F84: is heard again at the next check-in, which needs nobody: %s', async (_, erase) => {
    const { world, before } = await revoked()
    editRows(world, database => erase(database, before))
    await world.boot()
    await world.run(5 * SECOND)
    expect(moment(world).state).toBe('revoked')
    Object.assign(world.vendor.licenses.get(KEY) ?? {}, { verdict: null })
    await world.service.checkIn(ADMIN)
    expect(moment(world)).toMatchObject({ state: 'active', entitled: true })
  })

  it('F84: if the license has been reinstated meanwhile, a check-in makes it active again', async () => {
    const { world } = await revoked()
    editRows(world, database => database.exec('update license set verdict = null'))
    Object.assign(world.vendor.licenses.get(KEY) ?? {}, { verdict: null })
    await world.boot()
    expect(moment(world).state).toBe('invalid')
    await world.run(5 * SECOND)
    expect(moment(world)).toMatchObject({ state: 'active', entitled: true })
  })

  it('F84: of an offline license, a later token swapped back to the first is invalid, and the later one is right again', async () => {
    const world = await licensed('offline')
    const first = (await world.store.read()).license?.lease ?? ''
    await save(world, credentialOf(world, 'offline', 2))
    editRows(world, database => database.prepare('update license set lease = ?, jti = \'jti-1\'').run(first))
    await world.boot()
    expectInvalid(world)
    await save(world, credentialOf(world, 'offline', 2))
    expect(moment(world).state).toBe('active')
  })

  it('F84: with the mark raised by hand the license is invalid too; with the mark deleted it is not', async () => {
    const world = await licensed('airgapped')
    editRows(world, database => database.exec('update license_seq set seq = seq + 1'))
    await world.boot()
    expectInvalid(world)
    editRows(world, database => database.exec('delete from license_seq'))
    await world.boot()
    expect(moment(world).state).toBe('active')
  })

  it('F84: a database restored in full takes its marks back and goes on', async () => {
    const world = await licensed('standard')
    const file = `${world.databaseFile}.backup`
    editRows(world, database => database.exec(`vacuum into '${file}'`))
    await world.service.checkIn(ADMIN)
    Object.assign(world.vendor.licenses.get(KEY) ?? {}, { verdict: 'suspended' })
    const restored = await openStorage({ url: `file:${file}`, baseDir: '/' })
    try {
      world.vendor.failing = failure('NET_CONNECT')
      await world.boot({ store: restored.licenses })
      expect(moment(world)).toMatchObject({ state: 'active', entitled: true })
    }
    finally {
      await restored.close()
    }
  })
})
