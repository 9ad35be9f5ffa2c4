import type { LicenseService } from '../../server/license/service.ts'
import { createLicenseService, requireInstallation } from '../../server/license/service.ts'
import type { Clock, LicenseStorage } from '../../server/license/ports.ts'
import { LicenseError } from '../../server/license/errors.ts'
import type { MemoryStore } from './memory-store.ts'
import { createMemoryStore } from './memory-store.ts'
import { createSeededRandom } from './random.ts'
import { keyring } from './signing.ts'
import type { SimulatedClock } from './simulated-clock.ts'
import { createSimulatedClock } from './simulated-clock.ts'
import type { SimulatedVendor } from './simulated-vendor.ts'
import { createSimulatedVendor } from './simulated-vendor.ts'
import type { LogLine } from './world.ts'
import { digestOf, settle, VERSION } from './world.ts'

/** One process of several. */
export interface SimulatedReplica {
  service: LicenseService
  /** Whether it reaches the database. */
  connected: boolean
  /** Frozen: it does nothing; nor does one that was killed, which never comes back. */
  frozen: boolean
}

/** Several processes on one database with a clock of its own. Nothing in it waits for real time. */
export interface Replicas {
  clock: SimulatedClock
  vendor: SimulatedVendor
  store: MemoryStore
  all: SimulatedReplica[]
  /** What all of them have logged. */
  log: LogLine[]
  start(): Promise<SimulatedReplica>
  /** Lets time pass in steps of half a second; everybody who is not frozen acts in each. */
  run(ms: number, watch?: () => void): Promise<void>
}

export interface ReplicasOptions {
  /** By how much the database's clock is ahead, ms. */
  databaseAhead?: () => number
  /** The clock of one replica; by default all have the same. `now` asks the database. */
  clockOf?: (real: SimulatedClock, n: number, now: () => number) => Clock
  /** The credential in NC_LICENSE_KEY, the same for all. */
  provisioned?: string
}

export async function createReplicas(
  count: number, { databaseAhead = () => 0, clockOf = real => real, provisioned }: ReplicasOptions = {},
): Promise<Replicas> {
  const clock = createSimulatedClock()
  const now = () => clock.real() + databaseAhead()
  const vendor = createSimulatedVendor(clock)
  const store = createMemoryStore({ databaseTime: now })
  const random = createSeededRandom()
  const log: LogLine[] = []
  const line = (level: LogLine['level']) => (message: string, fields: Record<string, unknown> = {}) => { log.push({ level, message, fields }) }
  const { instanceId } = await requireInstallation(store, { random, clock })
  const all: SimulatedReplica[] = []

  async function start(): Promise<SimulatedReplica> {
    const replica: Omit<SimulatedReplica, 'service'> = { connected: true, frozen: false }
    const service = await createLicenseService({
      store: through(store, () => replica.connected), clock: clockOf(clock, all.length, now),
      instanceId, server: vendor, keyring, random, version: VERSION, sandbox: false,
      log: { info: line('info'), warn: line('warn'), error: line('error') }, eventsKeepDays: 400,
      provisioned: provisioned === undefined ? null : digestOf(provisioned), replica: `replica-${all.length + 1}`,
      pause: async () => { await settle() },
    })
    service.start()
    const started = Object.assign(replica, { service })
    all.push(started)
    return started
  }
  for (let n = 0; n < count; n++) await start()

  return {
    clock, vendor, store, all, log, start,
    async run(ms, watch) {
      for (let passed = 0; passed < ms; passed += 500) {
        for (const { service, frozen } of all) if (!frozen) await service.tick()
        for (let rounds = 0; rounds < 10; rounds++) await settle()
        watch?.()
        clock.advance(500)
      }
    },
  }
}

/** A store that cannot be reached while `connected` says no. */
function through(store: MemoryStore, connected: () => boolean): LicenseStorage {
  const guard = <S extends object>(guarded: S): S => new Proxy(guarded, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target)
      if (typeof member !== 'function') return member !== null && typeof member === 'object' && name === 'claims' ? guard(member) : member
      const away = () => Promise.reject(new LicenseError('STORAGE_UNAVAILABLE'))
      return (...given: unknown[]): unknown => connected() ? Reflect.apply(member, target, given) : away()
    },
  })
  return guard(store)
}
