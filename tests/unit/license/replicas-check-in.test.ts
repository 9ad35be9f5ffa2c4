import { beforeEach, describe, expect, it } from 'vitest'
import { CALL_NEEDS, CLAIM_LENGTH } from '../../../server/license/check-in-claim.ts'
import { createReplicas } from '../../support/replicas.ts'
import type { Replicas, SimulatedReplica } from '../../support/replicas.ts'
import { verifySynchronously } from '../../support/signing.ts'
import { createGate, failure, KEY, licenseAt } from '../../support/simulated-vendor.ts'
import { START } from '../../support/simulated-clock.ts'
import { LicenseError } from '../../../server/license/errors.ts'
import type { ClaimStore } from '../../../server/license/ports.ts'
import type { LicenseService } from '../../../server/license/service.ts'
import { createMemoryStore } from '../../support/memory-store.ts'
import { ADMIN, createWorld, settle } from '../../support/world.ts'

beforeEach(verifySynchronously)

const EVERY = 100
async function licensed(count = 4): Promise<Replicas & { first: SimulatedReplica, second: SimulatedReplica }> {
  const replicas = await createReplicas(count)
  replicas.vendor.licenses.set(KEY, licenseAt(replicas.clock, 'lic_short', { every: EVERY, grace: 3600 }))
  const [first, second] = replicas.all
  if (!first || !second) throw new Error('two replicas are needed')
  await first.service.save({ credential: KEY, actor: ADMIN })
  await replicas.run(1000)
  return { ...replicas, first, second }
}
const calls = ({ vendor }: Pick<Replicas, 'vendor'>) => vendor.callsOf('checkIn').map(({ at }) => Math.round((at - START) / 1000))
/** How often each lease was presented. */
function presented({ vendor }: Pick<Replicas, 'vendor'>): number[] {
  const leases = vendor.callsOf('checkIn').map(({ request }) => request.lease)
  return [...new Set(leases)].map(lease => leases.filter(each => each === lease).length)
}

describe('a due check-in of four replicas', () => {
  it('F69: is made once, and seen everywhere within two seconds', async () => {
    const replicas = await licensed()
    await replicas.run(20 * EVERY * 1000)
    expect(calls(replicas).length).toBeGreaterThan(18)
    expect(presented(replicas).every(count => count === 1)).toBe(true)
    await replicas.first.service.checkIn(ADMIN)
    await replicas.run(2000)
    expect(new Set(replicas.all.map(({ service }) => service.view('admin').issuedAt)).size).toBe(1)
  })

  /** Lets the next check-in be sent, and holds back the answer; resolves to who made it. */
  async function untilSent(replicas: Replicas): Promise<{ caller: SimulatedReplica, open: () => void }> {
    const gate = createGate()
    replicas.vendor.beforeAnswer = gate.pass
    while (replicas.vendor.underWay === 0) await replicas.run(500)
    replicas.vendor.beforeAnswer = null
    const holder = (await replicas.store.claims?.readClaim())?.holder
    const caller = replicas.all.find((_, n) => `replica-${n + 1}` === holder)
    if (!caller) throw new Error(`nobody holds the claim: ${holder}`)
    return { caller, open: gate.open }
  }

  it('F69: is made by another within a minute, if whoever began it dies after sending', async () => {
    const replicas = await licensed()
    const { caller } = await untilSent(replicas)
    Object.assign(caller, { frozen: true, connected: false })
    const [first] = calls(replicas)
    await replicas.run(60_000)
    const [, second] = calls(replicas)
    expect(second).toBeGreaterThan(first ?? 0)
    expect(second).toBeLessThan((first ?? 0) + 60)
    expect(calls(replicas)).toHaveLength(2)
    expect(replicas.all.filter(each => each !== caller).map(({ service }) => service.view('admin').state)).toEqual(['active', 'active', 'active'])
  })

  it('F91: the late answer of one that was frozen is dropped, and never presented', async () => {
    const replicas = await licensed()
    const { caller, open } = await untilSent(replicas)
    caller.frozen = true
    await replicas.run(60_000)
    const stored = (await replicas.store.read()).license?.jti
    expect(stored).toBe('lic_short-3')
    open()
    await settle()
    caller.frozen = false
    await replicas.run(5 * EVERY * 1000)
    expect(presented(replicas).filter(count => count > 1)).toEqual([2])
    expect(replicas.vendor.callsOf('checkIn').map(({ request }) => request.lease)).not.toContain('lic_short-2')
    expect(new Set(replicas.all.map(({ service }) => service.view('admin').issuedAt)).size).toBe(1)
  })

  it('F91: one that gets through to the license server only after another has taken over is not made, and is no failure', async () => {
    const replicas = await licensed(2)
    const { vendor } = replicas
    const { checkIn } = vendor
    const gate = createGate()
    let onTheWay = 0
    const outcomes: string[] = []
    vendor.checkIn = (request) => {
      const call = checkIn(request)
      return {
        ...call,
        async send(signal, mayStill = () => true) {
          onTheWay++
          await gate.pass()
          outcomes.push(mayStill() ? 'sent' : 'withheld')
          return outcomes.at(-1) === 'sent' ? call.send(signal) : failure('NET_CONNECT')
        },
      }
    }
    while (onTheWay < 2) await replicas.run(500)
    gate.open()
    await replicas.run(2000)
    expect(outcomes).toEqual(['withheld', 'sent'])
    expect(calls(replicas)).toHaveLength(1)
    expect((await replicas.store.read()).license).toMatchObject({ jti: 'lic_short-2', consecutiveFailures: 0, lastError: null })
    expect(await replicas.first.service.findings()).toEqual([])
  })

  it('F91: one that fails late in the claim is a failure that all know of, and is not made again at once', async () => {
    const replicas = await licensed()
    replicas.vendor.failing = failure('NET_TIMEOUT')
    const { open } = await untilSent(replicas)
    replicas.vendor.failing = null
    await replicas.run(CLAIM_LENGTH - CALL_NEEDS + 1000)
    open()
    await replicas.run(1000)
    expect((await replicas.store.read()).license).toMatchObject({ consecutiveFailures: 1 })
    expect(calls(replicas)).toHaveLength(1)
  })

  it('F91: nobody calls while the database is away, but everybody goes on from memory', async () => {
    const replicas = await licensed()
    replicas.store.available = false
    await replicas.run(1_000_000, () => {
      for (const { service } of replicas.all) expect(service.view('admin').entitled).toBe(true)
    })
    expect(calls(replicas)).toEqual([])
    expect(replicas.log.filter(({ level }) => level === 'error')).toEqual([])
    replicas.store.available = true
    await replicas.run(10_000)
    expect(calls(replicas)).toHaveLength(1)
  })

  it('F91: a call that was under way when the database went is the only one, and is not made again when it is back', async () => {
    const replicas = await licensed()
    const { open } = await untilSent(replicas)
    replicas.store.available = false
    open()
    await replicas.run(60_000)
    expect(calls(replicas)).toHaveLength(1)
    replicas.store.available = true
    await replicas.run(10_000)
    expect((await replicas.store.read()).license?.jti).toBe('lic_short-2')
    expect(calls(replicas)).toHaveLength(1)
    await replicas.run(3 * EVERY * 1000)
    expect(presented(replicas).every(count => count === 1)).toBe(true)
  })

  it('F91: one that is cut off from the database gives up what it has once another has called', async () => {
    const replicas = await licensed()
    const { caller, open } = await untilSent(replicas)
    caller.connected = false
    open()
    await replicas.run(50_000)
    expect(presented(replicas)).toEqual([2])
    caller.connected = true
    await replicas.run(3000)
    expect(caller.service.view('admin').issuedAt).toBe(replicas.all.find(each => each !== caller)?.service.view('admin').issuedAt)
    await replicas.run(5 * EVERY * 1000)
    expect(presented(replicas).slice(1).every(count => count === 1)).toBe(true)
  })

  it('F91: one that had to give up what it had gives the claim back like any other', async () => {
    const replicas = await licensed(2)
    const { caller, open } = await untilSent(replicas)
    caller.connected = false
    open()
    await replicas.run(50_000)
    caller.connected = true
    await replicas.run(3000)
    await caller.service.checkIn(ADMIN)
    await settle()
    expect((await replicas.store.claims?.readClaim())?.holder).toBeNull()
  })

  it('a check-in that somebody asks for waits for the one under way, and does not make another', async () => {
    const replicas = await licensed()
    const { caller, open } = await untilSent(replicas)
    const other = replicas.all.find(each => each !== caller)
    const asked = other?.service.checkIn(ADMIN)
    await settle()
    open()
    await asked
    expect(calls(replicas)).toHaveLength(1)
    expect(other?.service.view('admin').checkIn?.lastSuccessAt).toBe(caller.service.view('admin').checkIn?.lastSuccessAt)
  })

  it.each([['succeeds', null, 'done'], ['fails', failure('NET_DNS'), 'NET_DNS']] as const)(
    'a check-in that somebody asks for is the one under way, also if that %s while this process looks at the database by itself', async (_, failing, result) => {
      const store = createMemoryStore({ databaseTime: () => clock.real() })
      const { clock, vendor, boot } = await createWorld({ service: { store } })
      const caller = await boot()
      await caller.save({ credential: KEY, actor: ADMIN })
      const gate = createGate()
      const other = await boot({
        pause: async () => {
          gate.open()
          await settle()
          await other.tick()
        },
      })
      Object.assign(vendor, { beforeAnswer: gate.pass, failing })
      clock.advance(EVERY * 1000)
      const ask = (service: LicenseService) => service.checkIn(ADMIN).then(() => 'done', error => error.code)
      const first = ask(caller)
      await settle()
      expect([await ask(other), await first]).toEqual([result, result])
      expect(vendor.callsOf('checkIn')).toHaveLength(1)
    })

  it('a check-in that somebody asks for is refused for the moment while the one under way does not end', async () => {
    const replicas = await licensed()
    const { caller } = await untilSent(replicas)
    const other = replicas.all.find(each => each !== caller)
    await expect(other?.service.checkIn(ADMIN)).rejects.toMatchObject({ code: 'RATE_LIMITED', details: { retryAfterSeconds: 30 } })
    expect(calls(replicas)).toHaveLength(1)
  })

  it.each<[string, (claims: ClaimStore) => ReturnType<ClaimStore['readClaim']>]>([
    ['another has it', async claims => ({ ...await claims.readClaim(), holder: 'another', validUntil: Infinity })],
    ['it cannot be asked for', () => Promise.reject(new LicenseError('STORAGE_UNAVAILABLE'))],
  ])('the claim is asked for twice a second and no more while %s', async (_, answer) => {
    const { store: { claims }, clock, first } = await licensed(2)
    if (!claims) throw new Error('nothing is shared')
    const asked: number[] = []
    const readable = { ...claims }
    claims.readClaim = () => {
      asked.push(clock.real())
      return answer(readable)
    }
    clock.advance(EVERY * 1000)
    const end = clock.real() + 5000
    while (clock.real() < end) {
      const wait = await first.service.tick()
      await settle()
      clock.advance(wait)
    }
    expect(asked.length).toBeGreaterThan(5)
    expect(Math.min(...asked.slice(1).map((at, index) => at - (asked[index] ?? at)))).toBeGreaterThanOrEqual(500)
  })

  it('F69: a license server that fails is asked as seldom as by one process', async () => {
    const countOf = async (count: number) => {
      const replicas = await licensed(count)
      await replicas.first.service.checkIn(ADMIN)
      const license = replicas.vendor.licenses.get(KEY)
      Object.assign(license ?? {}, { every: 7200, grace: 604_800 })
      await replicas.first.service.checkIn(ADMIN)
      await replicas.run(3000)
      replicas.vendor.failing = failure('NET_DNS')
      replicas.clock.advance(7_000_000)
      const before = calls(replicas).length
      await replicas.run(3_600_000)
      return calls(replicas).length - before
    }
    expect(await countOf(4)).toBeLessThanOrEqual(await countOf(2) + 4)
  })
})

describe('a new state that four replicas notice at once', () => {
  it('is one entry in the activity log, and one line in the process log', async () => {
    const { all, clock, vendor, store, log } = await licensed()
    vendor.failing = failure('NET_CONNECT')
    for (const seconds of [EVERY, 3600, 1]) {
      clock.advance(seconds * 1000)
      await Promise.all(all.map(({ service }) => service.tick()))
      await settle()
    }
    const lines = log.filter(({ message }) => message === 'license state changed').map(({ fields }) => fields)
    expect(lines).toEqual([{ from: 'active', to: 'grace' }, { from: 'grace', to: 'paused' }])
    expect(store.events.filter(({ kind }) => kind === 'state_changed').map(({ details }) => details)).toEqual(lines)
  })
})
