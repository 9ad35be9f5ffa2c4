import { beforeEach, describe, expect, it } from 'vitest'
import { OTHER_INSTANCE, signed, standardClaims, verdictClaims } from '../../support/claims.ts'
import { moment, save, SECOND } from '../../support/installation.ts'
import { verifySynchronously } from '../../support/signing.ts'
import { START } from '../../support/simulated-clock.ts'
import { failure, KEY } from '../../support/simulated-vendor.ts'
import { tally } from '../../support/tally.ts'
import type { Edit } from './row-editing.ts'
import { credentialOf, editRows, expectInvalid, licensed, METHODS } from './row-editing.ts'

beforeEach(verifySynchronously)

const setLicense = (column: 'lease' | 'verdict' | 'method', change: (row: Record<string, unknown>) => string): Edit => (database) => {
  const row = { ...database.prepare('select * from license').get() }
  database.prepare(`update license set ${column} = ?`).run(change(row))
}
const changed = (text: unknown, part: number, change: (part: string) => string) =>
  String(text).split('.').map((each, index) => index === part ? change(each) : each).join('.')
const claimsOf = (text: unknown): object => Object(JSON.parse(Buffer.from(String(text).split('.')[1] ?? '', 'base64url').toString()))
/** Changes the first character of a part, all of whose bits count. */
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
