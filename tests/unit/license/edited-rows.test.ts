import { DatabaseSync } from 'node:sqlite'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Installation } from '../../support/installation.ts'
import { moment, save, SECOND, warnings } from '../../support/installation.ts'
import { tally } from '../../support/tally.ts'
import { DAY, offlineToken, OTHER_INSTANCE, signed, standardClaims, verdictClaims } from '../../support/claims.ts'
import { START } from '../../support/simulated-clock.ts'
import { openStorage } from '../../../server/storage/open.ts'
import { verifySynchronously } from '../../support/signing.ts'
import { AIRGAPPED_KEY, failure, KEY } from '../../support/simulated-vendor.ts'
import { ADMIN, createSqliteWorld } from '../../support/world.ts'

/* A database that somebody edits with SQL, behind the product's back. */

beforeEach(verifySynchronously)

const METHODS = ['standard', 'airgapped', 'offline'] as const
type Method = (typeof METHODS)[number]
type Edit = (database: DatabaseSync) => void
type EditedWorld = Awaited<ReturnType<typeof createSqliteWorld>>

/** What the administrator pastes; `nth`: the number of the token, were it one. */
function credentialOf({ service: { instanceId } }: EditedWorld, method: Method, nth: number): string {
  const token = offlineToken({ instance_id: instanceId, seq: nth, jti: `jti-${nth}` })
  return { standard: KEY, airgapped: AIRGAPPED_KEY, offline: token }[method]
}

async function licensed(method: Method): Promise<EditedWorld> {
  const world = await createSqliteWorld()
  await save(world, credentialOf(world, method, 1))
  return world
}

function editRows({ databaseFile }: EditedWorld, edit: Edit): void {
  const database = new DatabaseSync(databaseFile)
  edit(database)
  database.close()
}

const setLicense = (column: 'lease' | 'verdict' | 'method', change: (row: Record<string, unknown>) => string): Edit => (database) => {
  const row = { ...database.prepare('select * from license').get() }
  database.prepare(`update license set ${column} = ?`).run(change(row))
}
const changed = (text: unknown, part: number, change: (part: string) => string) =>
  String(text).split('.').map((each, index) => index === part ? change(each) : each).join('.')
const claimsOf = (text: unknown): object => Object(JSON.parse(Buffer.from(String(text).split('.')[1] ?? '', 'base64url').toString()))
/** The first character of a part holds bits that count. */
const flip = (part: string) => `${part.startsWith('A') ? 'B' : 'A'}${part.slice(1)}`
const withClaims = (text: unknown, claims: object) =>
  changed(text, 1, () => Buffer.from(JSON.stringify({ ...claimsOf(text), ...claims })).toString('base64url'))

const verdictOn = (lease: unknown) => signed('verdict', verdictClaims({ ...claimsOf(lease), jti: 'verdict-1', seq: 99, verdict: 'revoked' }))

const FORGED: [string, Edit][] = [
  ['a lease with one bit of its signature changed', setLicense('lease', ({ lease }) => changed(lease, 2, flip))],
  ['a lease with a later end under the same signature', setLicense('lease', ({ lease }) => withClaims(lease, { exp: START / SECOND + 4000 * 86_400 }))],
  ['a lease with one more feature under the same signature', setLicense('lease', ({ lease }) => withClaims(lease, { features: ['sso', 'teams'] }))],
  ['a lease cut short', setLicense('lease', ({ lease }) => String(lease).slice(0, -9))],
  ['a letter in the place of the lease', setLicense('lease', () => 'x')],
  ['a verdict in the place of the lease', setLicense('lease', ({ lease }) => verdictOn(lease))],
  ['another method than the lease was signed for', setLicense('method', ({ method }) => method === 'standard' ? 'airgapped' : 'standard')],
  ['a verdict that is no token', setLicense('verdict', () => 'a.b.c')],
  ['the lease as its verdict', setLicense('verdict', ({ lease }) => String(lease))],
  ['a verdict with one bit of its signature changed', setLicense('verdict', ({ lease }) => changed(verdictOn(lease), 2, flip))],
  ['a verdict on another license', setLicense('verdict', () => signed('verdict', verdictClaims({ sub: 'lic_of_somebody_else' })))],
]

function expectInvalid(world: Installation): void {
  expect(world.service.view('admin')).toMatchObject({ state: 'invalid', entitled: false, licenseId: null, plan: null, features: [] })
  expect(world.service.hasFeature('sso')).toBe(false)
  expect(world.service.entitlements(true)).toMatchObject({ state: 'invalid', entitled: false, features: [], lease: null })
}

describe('a license row edited by SQL', () => {
  it.each(FORGED)('F64: with %s is invalid from the next start on, and right again once the license is saved again', async (_, edit) => {
    for (const method of METHODS) {
      const world = await licensed(method)
      editRows(world, edit)
      world.vendor.failing = failure('NET_CONNECT')
      await world.boot()
      await world.tick()
      expectInvalid(world)
      world.vendor.failing = null
      await save(world, credentialOf(world, method, 2))
      expect(world.service.view('admin')).toMatchObject({ state: 'active', entitled: true })
      expect(world.log.filter(({ level }) => level === 'error')).toEqual([])
    }
    tally({ row: 'F64', tried: METHODS.length, accepted: 0 })
  })

  it.each(FORGED)('F64: with %s is invalid as soon as the running process reads it again', async (_, edit) => {
    const world = await licensed('airgapped')
    editRows(world, edit)
    expect(moment(world).state).toBe('active')
    await world.service.setSeatsUsed(3)
    expectInvalid(world)
    tally({ row: 'F64', tried: 1, accepted: 0 })
  })

  it('F64: with a lease that the vendor signed for another installation is a mismatch', async () => {
    const world = await licensed('standard')
    editRows(world, setLicense('lease', () => signed('lease', standardClaims({ instance_id: OTHER_INSTANCE }))))
    await world.boot()
    expect(world.service.view('admin')).toMatchObject({ state: 'mismatch', entitled: false, boundTo: OTHER_INSTANCE })
  })

  it('F64: with a verdict that the vendor signed is what the verdict says', async () => {
    const world = await licensed('airgapped')
    editRows(world, setLicense('verdict', ({ lease }) => verdictOn(lease)))
    await world.boot()
    expect(world.service.view('admin')).toMatchObject({ state: 'revoked', entitled: false })
  })
})

const EARLIER = [
  'trusted_at = 0', 'trusted_at = null', 'trusted_at = trusted_at - 30 * 86400000', 'trusted_at = -1',
  'trusted_at = null, trusted_uptime = null, trusted_boot = null',
]
const IMPOSSIBLE = [
  'trusted_at = 9000000000000000', 'trusted_at = 9223372036854775807', 'trusted_at = -9223372036854775808', 'trusted_at = 1e308',
  'trusted_at = \'soon\'', 'trusted_at = x\'00\'',
  'trusted_uptime = -9000000000000000', 'trusted_uptime = \'long\'', 'trusted_uptime = 9223372036854775807', 'trusted_continuous = 7', 'trusted_boot = x\'00\'',
]

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

  it('F84: while the license was reinstated, a check-in makes it active again', async () => {
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

  it('F84: a mark raised by hand is invalid too; one that was deleted says nothing', async () => {
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

describe('a standard license whose row was edited and that is saved again', () => {
  it.each(['verdict = \'a.b.c\'', 'method = \'airgapped\''])('F64: %s: the vendor is not told of a removal that would free its seat', async (assignment) => {
    const world = await licensed('standard')
    editRows(world, database => database.exec(`update license set ${assignment}`))
    await world.boot()
    await save(world, KEY)
    await world.run(5 * SECOND)
    expect(world.vendor.callsOf('deactivate')).toEqual([])
    expect(moment(world).state).toBe('active')
  })
})

describe('trusted time edited by SQL', () => {
  it.each(EARLIER)('F64: set to %s and the clock back by 30 days, it is never below what the vendor signed', async (assignments) => {
    for (const method of METHODS) {
      const world = await licensed(method)
      editRows(world, database => database.exec(`update installation set ${assignments}`))
      world.vendor.failing = failure('NET_CONNECT')
      world.clock.shiftWall(-30 * DAY)
      await world.boot()
      expect(moment(world)).toMatchObject({ trusted: START, effective: START, continuous: false, state: 'active' })
      expect(warnings(world)).toContain('CLOCK_BEHIND')
      await world.tick()
      expect((await world.store.read()).trusted?.at).toBe(START)
    }
    tally({ row: 'F64', tried: METHODS.length, accepted: 0 })
  })

  it.each(IMPOSSIBLE)('F64: set to %s, which no release writes, it is what the vendor signed and what the clock says', async (assignments) => {
    for (const method of METHODS) {
      const world = await licensed(method)
      editRows(world, database => database.exec(`update installation set ${assignments}`))
      world.vendor.failing = failure('NET_CONNECT')
      await world.boot()
      await world.run(5 * SECOND)
      expect(world.service.view('admin')).toMatchObject({ state: 'active', entitled: true, serverTime: new Date(START + 5 * SECOND).toISOString() })
      expect(moment(world).trusted).toBeGreaterThanOrEqual(START)
      world.service.supportBundle({ configuration: {}, storage: 'sqlite', runtime: {} })
      expect(world.log.filter(({ level }) => level === 'error')).toEqual([])
    }
    tally({ row: 'F64', tried: METHODS.length, crashed: 0 })
  })

  it('F64: set ahead by years, it is set right by the next answer of the license server', async () => {
    const world = await licensed('standard')
    editRows(world, database => database.exec('update installation set trusted_at = trusted_at + 40 * 365 * 86400000'))
    await world.boot()
    expect(moment(world)).toMatchObject({ state: 'active', inDoubt: true })
    await world.run(SECOND)
    expect(world.vendor.callsOf('checkIn')).toHaveLength(1)
    expect(moment(world)).toMatchObject({ state: 'active', trusted: world.clock.real(), effective: world.clock.real() })
    await world.service.checkIn(ADMIN)
  })
})
