import { beforeEach, describe, expect, it } from 'vitest'
import { DAY, HOUR, offlineToken } from '../../support/claims.ts'
import { START } from '../../support/simulated-clock.ts'
import { createFixedRandom } from '../../support/random.ts'
import { createReplicas } from '../../support/replicas.ts'
import { verifySynchronously } from '../../support/signing.ts'
import { AIRGAPPED_KEY, createGate, failure, KEY, licenseAt } from '../../support/simulated-vendor.ts'
import type { World } from '../../support/world.ts'
import { ADMIN, createWorld, digestOf, settle } from '../../support/world.ts'

beforeEach(verifySynchronously)

const managed = (provisioned: string, unit = 0): Promise<World> => createWorld({ provisioned, random: createFixedRandom(unit) })
const activations = (world: World) => world.vendor.callsOf('activate').map(({ at }) => at - START)
const iso = (ms: number) => new Date(ms).toISOString()
const differs = (world: World) => world.service.view('admin').warnings.find(({ code }) => code === 'ENV_DIFFERS')

describe('the credential in NC_LICENSE_KEY', () => {
  it('is applied at the start, once, and its digest remembered', async () => {
    const world = await managed(KEY)
    await world.run(60_000)
    expect(world.service.view('admin')).toMatchObject({ state: 'active', method: 'standard', managedByEnv: true, warnings: [] })
    expect(activations(world)).toEqual([0])
    expect((await world.store.read()).provisionedDigest).toBe(digestOf(KEY).digest)
    expect(world.store.events[0]).toMatchObject({ kind: 'activated', actor: 'environment', actorEmail: null, address: null })
    expect(JSON.stringify(await world.store.read())).not.toContain(KEY)
  })

  it('is not applied again at the next start', async () => {
    const world = await managed(KEY)
    await world.tick()
    await world.boot()
    await world.tick()
    expect(activations(world)).toHaveLength(1)
  })

  it('is waited for by whoever waits until no call is under way', async () => {
    const world = await managed(KEY)
    const gate = createGate()
    world.vendor.beforeAnswer = gate.pass
    await world.tick()
    const idle = world.service.whenIdle().then(() => world.service.view('admin').state)
    await settle()
    gate.open()
    expect(await idle).toBe('active')
  })

  it('is no trouble when its call was cut off by a stop, and is tried again at the next start', async () => {
    const world = await managed(KEY)
    const gate = createGate()
    Object.assign(world.vendor, { failing: failure('NET_CONNECT'), beforeAnswer: gate.pass })
    await world.tick()
    const stopped = world.service.stop()
    gate.open()
    await stopped
    expect(differs(world)).toBeUndefined()
    expect([world.log, await world.service.findings()]).toEqual([[], []])
    Object.assign(world.vendor, { failing: null, beforeAnswer: null })
    await world.boot()
    await world.tick()
    expect(world.service.view('admin')).toMatchObject({ state: 'active', warnings: [] })
  })

  it('is applied when it has changed, and when there is no license any more', async () => {
    const world = await managed(KEY)
    await world.tick()
    await world.boot({ provisioned: digestOf(AIRGAPPED_KEY) })
    await world.tick()
    expect(world.service.view('admin').method).toBe('airgapped')
    await world.boot({ provisioned: null })
    await world.service.remove({ actor: ADMIN })
    await world.boot({ provisioned: digestOf(AIRGAPPED_KEY) })
    await world.tick()
    expect(activations(world)).toHaveLength(3)
  })

  it('makes the screen read-only for the credential, and its absence does not', async () => {
    const world = await managed(KEY)
    expect(world.service.managedByEnv).toBe(true)
    await expect(world.service.save({ credential: AIRGAPPED_KEY, actor: ADMIN })).rejects.toMatchObject({ code: 'MANAGED_BY_ENV' })
    await expect(world.service.remove({ actor: ADMIN })).rejects.toMatchObject({ code: 'MANAGED_BY_ENV' })
    expect(activations(world)).toEqual([])
  })

  it('unset again: the license stays, the screen manages it, and setting it again applies it again', async () => {
    const world = await managed(KEY)
    await world.tick()
    await world.boot({ provisioned: null })
    await world.tick()
    expect(world.service.view('admin')).toMatchObject({ state: 'active', managedByEnv: false })
    expect((await world.store.read()).provisionedDigest).toBeNull()
    const { version } = await world.store.read()
    await world.tick()
    expect((await world.store.read()).version).toBe(version)
    await world.boot({ provisioned: digestOf(KEY) })
    await world.tick()
    expect(activations(world)).toHaveLength(2)
  })

  it('that was never set writes nothing', async () => {
    const world = await createWorld()
    await world.tick()
    expect((await world.store.read()).version).toBe(0)
  })

  it('names the token that runs already: only its digest is new', async () => {
    const world = await createWorld()
    const token = offlineToken({ instance_id: world.service.instanceId })
    await world.service.save({ credential: token, actor: ADMIN })
    await world.boot({ provisioned: digestOf(token) })
    await world.tick()
    expect(await world.store.read()).toMatchObject({ revision: 1, provisionedDigest: digestOf(token).digest })
    expect(world.store.events).toHaveLength(1)
  })
})

describe('while it cannot be applied', () => {
  it.each([[0, [0, 1, 3.5, 11, 41, 101, 221, 461, 941, 1901, 3701]], [0.5, [0, 1.5, 5.25, 16.5, 61.5, 151.5, 331.5, 691.5]]] as const)(
    'by the network, it is tried again, quickly at first and then up to every hour, with jitter %d', async (unit, seconds) => {
      const world = await managed(KEY, unit)
      world.vendor.failing = failure('NET_DNS')
      await world.run((seconds.at(-1) ?? 0) * 1000 + 1000 * seconds.length)
      const tries = activations(world)
      expect(tries).toHaveLength(seconds.length)
      tries.forEach((at, index) => expect(Math.abs(at - (seconds[index] ?? 0) * 1000)).toBeLessThanOrEqual(1000 * index))
      expect(differs(world)).toEqual({ code: 'ENV_DIFFERS', error: 'NET_DNS', reference: 'NCL-201' })
    })

  it('says so in the log, without the credential', async () => {
    const world = await managed(KEY)
    world.vendor.failing = failure('NET_TLS')
    await world.tick()
    expect(world.log).toEqual([{
      level: 'warn', message: 'the license in NC_LICENSE_KEY could not be applied',
      fields: { code: 'NET_TLS', reference: 'NCL-204', cause: 'certificate_unknown_issuer', stage: 'tls', host: 'vendor.example', retry: true },
    }])
    expect(JSON.stringify(world.log)).not.toContain(KEY)
  })

  it('is what the status tells, and is kept once for support, until the license that runs has trouble of its own', async () => {
    const world = await createWorld()
    await world.service.save({ credential: KEY, actor: ADMIN })
    await world.boot({ provisioned: digestOf('nc_no_such_key') })
    await world.run(2 * HOUR)
    expect(world.service.view('viewer').finding).toMatchObject({ code: 'KEY_UNKNOWN', reference: 'NCL-102', cause: 'key_unknown', at: iso(START) })
    expect(await world.service.findings()).toMatchObject([{ cause: 'key_unknown' }])
    world.vendor.failing = failure('NET_PROXY')
    await expect(world.service.checkIn(ADMIN)).rejects.toThrow()
    expect(world.service.view('viewer').finding).toMatchObject({ cause: 'proxy_refused' })
  })

  it('is kept once for support although it is tried again and again', async () => {
    const world = await managed(KEY)
    world.vendor.failing = failure('NET_DNS')
    await world.run(HOUR)
    expect(activations(world).length).toBeGreaterThan(5)
    expect(await world.service.findings()).toMatchObject([{ code: 'NET_DNS', cause: 'dns_no_such_name', facts: { host: 'vendor.example' } }])
  })

  it('heals as soon as the network does, the warning too', async () => {
    const world = await managed(KEY)
    world.vendor.failing = failure('NET_DNS')
    await world.run(5000)
    world.vendor.failing = null
    await world.run(10_000)
    expect(world.service.view('admin')).toMatchObject({ state: 'active', warnings: [], finding: null })
  })

  it('because it is wrong, it is not tried again, and the license that runs goes on', async () => {
    const world = await createWorld()
    await world.service.save({ credential: AIRGAPPED_KEY, actor: ADMIN })
    await world.boot({ provisioned: digestOf('nc_no_such_key') })
    await world.run(2 * HOUR)
    expect(activations(world)).toHaveLength(2)
    expect(differs(world)).toEqual({ code: 'ENV_DIFFERS', error: 'KEY_UNKNOWN', reference: 'NCL-102' })
    expect(world.service.view('admin')).toMatchObject({ state: 'active', method: 'airgapped' })
    expect(world.log.at(-1)?.fields).toMatchObject({ retry: false })
  })

  it('because the database is away, it is tried again', async () => {
    const world = await managed(KEY)
    world.store.available = false
    await world.run(1500)
    expect(differs(world)).toMatchObject({ error: 'STORAGE_UNAVAILABLE' })
    world.store.available = true
    await world.run(10_000)
    expect(world.service.view('admin')).toMatchObject({ state: 'active', warnings: [] })
  })

  it('through a defect, the log says that a background step failed', async () => {
    const world = await managed(KEY)
    world.store.commit = () => Promise.reject(new TypeError('defect'))
    await world.tick()
    expect(world.log).toEqual([{ level: 'error', message: 'a background step failed', fields: { cause: 'TypeError: defect' } }])
  })
})

describe('a token in NC_LICENSE_KEY that only a wrong clock makes look wrong', () => {
  it.each([
    ['LICENSE_EXPIRED', 2 * 365 * DAY], ['TOKEN_NOT_YET_VALID', -2 * 365 * DAY],
  ] as const)('is judged again every minute: %s', async (code, ahead) => {
    const world = await createWorld()
    world.clock.shiftWall(ahead)
    const token = offlineToken({ instance_id: world.service.instanceId, nbf: Math.floor(START / 1000) - 60 })
    await world.boot({ provisioned: digestOf(token) })
    await world.tick()
    expect(differs(world)).toMatchObject({ code: 'ENV_DIFFERS', error: code })
    expect(world.log.at(-1)).toMatchObject({ fields: { code, retry: true } })
    world.clock.repairWall()
    await world.run(30_000)
    expect(world.service.view('admin').state).toBe('unlicensed')
    await world.run(31_000)
    expect(world.service.view('admin')).toMatchObject({ state: 'active', method: 'offline', warnings: [] })
    expect(world.vendor.calls).toEqual([])
  })

  it('is not judged again where it is the license server that says so: only another key helps', async () => {
    const world = await createWorld()
    world.vendor.licenses.set(KEY, licenseAt(world.clock, 'lic_over', { refusal: 'expired' }))
    await world.boot({ provisioned: digestOf(KEY) })
    await world.run(3 * HOUR)
    expect(activations(world)).toHaveLength(1)
    expect(differs(world)).toMatchObject({ error: 'LICENSE_EXPIRED' })
  })
})

describe('the credential in NC_LICENSE_KEY of several replicas', () => {
  it('is applied by one of them, and the others find it done', async () => {
    const { vendor, all, store, run } = await createReplicas(4, { provisioned: KEY })
    await run(5000)
    expect(vendor.callsOf('activate')).toHaveLength(1)
    expect(all.map(({ service }) => service.view('admin').state)).toEqual(['active', 'active', 'active', 'active'])
    expect(store.events.filter(({ kind }) => kind === 'activated')).toHaveLength(1)
  })

  it('is not applied again by one that had not yet seen it done when it got its turn', async () => {
    const { vendor, all: [first, second], run, store } = await createReplicas(2, { provisioned: KEY })
    if (!first || !second) throw new Error('two replicas are needed')
    const { changedSince } = store
    store.changedSince = async () => false
    await first.service.tick()
    await settle()
    await second.service.tick()
    await settle()
    store.changedSince = changedSince
    await run(2000)
    expect(vendor.callsOf('activate')).toHaveLength(1)
    expect(second.service.view('admin')).toMatchObject({ state: 'active', warnings: [] })
  })

  it('is applied by another if the one that had begun dies', async () => {
    const { vendor, all: [first, second], run } = await createReplicas(2, { provisioned: KEY })
    if (!first || !second) throw new Error('two replicas are needed')
    vendor.beforeAnswer = createGate().pass
    while (vendor.underWay === 0) await run(500)
    expect(second.service.view('admin').state).toBe('unlicensed')
    Object.assign(first, { frozen: true, connected: false })
    vendor.beforeAnswer = null
    await run(60_000)
    expect(vendor.callsOf('activate')).toHaveLength(2)
    expect(second.service.view('admin')).toMatchObject({ state: 'active', warnings: [] })
  })
})
