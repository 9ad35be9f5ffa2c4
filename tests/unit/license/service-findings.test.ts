import { beforeEach, describe, expect, it } from 'vitest'
import type { Diagnostics } from '../../../shared/contracts.ts'
import { seen } from '../../../shared/findings.ts'
import { DAY, HOUR, offlineToken } from '../../support/claims.ts'
import { save } from '../../support/saving.ts'
import { verifySynchronously } from '../../support/signing.ts'
import { START } from '../../support/simulated-clock.ts'
import { createGate, failure, KEY, refused } from '../../support/simulated-vendor.ts'
import { ADMIN, createSqliteWorld, createWorld, digestOf, settle } from '../../support/world.ts'

beforeEach(verifySynchronously)

const iso = (ms: number) => new Date(ms).toISOString()

describe('what was found lately', () => {
  it('is kept of activations and check-ins, newest first, across a restart', async () => {
    const world = await createSqliteWorld()
    await expect(world.service.save({ credential: `"${KEY}"`, actor: ADMIN })).rejects.toThrow()
    world.clock.advance(HOUR)
    world.vendor.failing = refused('suspended')
    await expect(world.service.save({ credential: KEY, actor: ADMIN })).rejects.toThrow()
    world.vendor.failing = null
    await world.service.save({ credential: KEY, actor: ADMIN })
    world.vendor.failing = failure('NET_TIMEOUT')
    await expect(world.service.checkIn(ADMIN)).rejects.toThrow()
    await world.boot()
    expect((await world.service.findings()).map(({ code, cause, at }) => [code, cause, at])).toEqual([
      ['NET_TIMEOUT', 'no_answer', iso(START + HOUR)], ['LICENSE_SUSPENDED', 'suspended', iso(START + HOUR)], ['CREDENTIAL_MALFORMED', 'quotes_around', iso(START)],
    ])
  })

  it('holds nothing of what was only asked for at the wrong moment', async () => {
    const world = await createWorld({ provisioned: KEY })
    await expect(world.service.checkIn(ADMIN)).rejects.toMatchObject({ code: 'NO_LICENSE' })
    await expect(save(world, KEY)).rejects.toMatchObject({ code: 'MANAGED_BY_ENV' })
    await world.boot({ provisioned: null })
    await save(world, KEY)
    await expect(save(world, KEY, { revision: 0 })).rejects.toMatchObject({ code: 'CONFLICT' })
    expect(await world.service.findings()).toEqual([])
    expect(world.log.filter(({ message }) => message === 'activation refused')).toEqual([])
  })

  it('is written one after the other, however many are refused at once, and none is left out', async () => {
    const world = await createWorld()
    let [underWay, most] = [0, 0]
    const { saveFinding } = world.store
    world.store.saveFinding = async (finding) => {
      most = Math.max(most, ++underWay)
      await new Promise(resolve => setImmediate(resolve))
      await saveFinding(finding)
      underWay--
    }
    await Promise.all(Array.from({ length: 8 }, () => expect(save(world, `"${KEY}"`)).rejects.toThrow()))
    expect([most, (await world.service.findings()).length]).toEqual([1, 8])
  })

  it('is not waited for while the database is known to be away', async () => {
    const world = await createWorld({ service: { storageTrouble: () => ({ seen: seen('STORAGE_UNAVAILABLE', 'unreachable'), since: START }) } })
    const written: unknown[] = []
    world.store.saveFinding = async (finding) => { written.push(finding) }
    await expect(save(world, `"${KEY}"`)).rejects.toMatchObject({ code: 'CREDENTIAL_MALFORMED', finding: { cause: 'quotes_around' } })
    expect(written).toEqual([])
  })

  it.each([
    ['nothing of the network, which says nothing then', failure('NET_CONNECT'), []], ['what the license server says', refused('suspended'), ['suspended']],
  ])('has of a save during which the product stops %s', async (_, answer, causes) => {
    const world = await createWorld()
    const gate = createGate()
    Object.assign(world.vendor, { failing: answer, beforeAnswer: gate.pass })
    const refusal = expect(world.service.save({ credential: KEY, actor: ADMIN })).rejects.toThrow()
    await settle()
    await world.service.stop()
    gate.open()
    await refusal
    expect((await world.service.findings()).map(({ cause }) => cause)).toEqual(causes)
    expect(world.log.map(({ fields }) => fields.cause)).toEqual(causes)
  })

  it('is lost without the database, and the refusal is not', async () => {
    const world = await createWorld()
    world.vendor.failing = refused('revoked')
    world.store.saveFinding = () => Promise.reject(new Error('disk full'))
    await expect(save(world, KEY)).rejects.toMatchObject({ code: 'LICENSE_REVOKED', seen: { cause: 'revoked' } })
    expect(world.log.at(-1)).toMatchObject({ message: 'activation refused', fields: { code: 'LICENSE_REVOKED', reference: 'NCL-104', cause: 'revoked' } })
    await world.boot({ provisioned: digestOf(KEY) })
    await world.tick()
    expect(world.service.view('admin').finding).toMatchObject({ cause: 'revoked' })
    expect(world.log.filter(({ level }) => level === 'error')).toEqual([])
  })
})

describe('the last run of diagnostics', () => {
  it('is kept across a restart, and the next takes its place', async () => {
    const world = await createSqliteWorld()
    expect(await world.service.lastDiagnostics()).toBeNull()
    const first: Diagnostics = { ok: true, verdict: 'nothing_tested', ranAt: iso(START), stages: [] }
    await world.service.keepDiagnostics(first)
    await world.boot()
    expect(await world.service.lastDiagnostics()).toEqual(first)
    await world.service.keepDiagnostics({ ...first, ok: false, verdict: 'problem' })
    expect(await world.service.lastDiagnostics()).toMatchObject({ ok: false, verdict: 'problem' })
  })
})

describe('the finding in the view', () => {
  it('is of the database while that cannot be used, since when it could not', async () => {
    const trouble = { seen: seen('STORAGE_UNAVAILABLE', 'read_only', { location: '/data/license.db' }), since: START - 5 }
    let storage: typeof trouble | null = trouble
    const world = await createWorld({ service: { storageTrouble: () => storage } })
    expect(world.service.view('viewer').finding).toEqual({ ...trouble.seen, reference: 'NCL-315', at: iso(START - 5) })
    storage = null
    expect(world.service.view('viewer').finding).toBeNull()
  })
})

describe('the clock', () => {
  it('is not said to be right where nothing tells of it but a time that was signed before', async () => {
    const world = await createWorld()
    world.clock.advance(DAY)
    await world.service.save({ credential: offlineToken({ instance_id: world.service.instanceId }), actor: ADMIN })
    expect(world.service.clockTrouble()).toBeUndefined()
    world.clock.shiftWall(-2 * DAY)
    expect(world.service.clockTrouble()).toMatchObject({ code: 'CLOCK_BEHIND' })
  })


  it('is in no trouble that is known of before a license brings trusted time, and then is as it is', async () => {
    const world = await createWorld()
    world.clock.shiftWall(-DAY)
    expect(world.service.clockTrouble()).toBeUndefined()
    world.clock.repairWall()
    await save(world, KEY)
    expect(world.service.clockTrouble()).toBeNull()
    world.clock.shiftWall(-DAY)
    expect(world.service.clockTrouble()).toMatchObject({ code: 'CLOCK_BEHIND', cause: 'clock_behind', facts: { difference: 86_400 } })
    expect(world.service.view('admin').finding).toMatchObject({ code: 'CLOCK_BEHIND', reference: 'NCL-402' })
  })
})
