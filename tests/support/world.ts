import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHash } from 'node:crypto'
import { onTestFinished } from 'vitest'
import type { Actor } from '../../server/license/events.ts'
import type { LicenseStorage, Random } from '../../server/license/ports.ts'
import type { LicenseService, LicenseServiceOptions } from '../../server/license/service.ts'
import { createLicenseService, requireInstallation } from '../../server/license/service.ts'
import { openStorage } from '../../server/storage/open.ts'
import type { SimulatedClock } from './simulated-clock.ts'
import { createSimulatedClock } from './simulated-clock.ts'
import type { MemoryStore } from './memory-store.ts'
import { createMemoryStore } from './memory-store.ts'
import { createSeededRandom } from './random.ts'
import { keyring } from './signing.ts'
import type { SimulatedVendor } from './simulated-vendor.ts'
import { createSimulatedVendor } from './simulated-vendor.ts'

export const ADMIN: Actor = { kind: 'user', email: 'admin@customer.example', address: '192.0.2.7' }
export const VERSION = '1.2.3'

export interface LogLine { level: 'info' | 'warn' | 'error', message: string, fields: Record<string, unknown> }

/** An installation with its machine, database and vendor. Nothing in it waits for real time. */
export interface World<S extends LicenseStorage = MemoryStore> {
  clock: SimulatedClock
  vendor: SimulatedVendor
  store: S
  log: LogLine[]
  observed: string[]
  /** The current process. */
  readonly service: LicenseService
  /** Starts the process, or restarts it, which loses everything in memory. */
  boot(changes?: Partial<LicenseServiceOptions>): Promise<LicenseService>
  /** Ticks once and waits for everything that started. */
  tick(): Promise<number>
  /** Lets time pass, ticking whenever the previous tick asked for it. `watch` runs after every tick. */
  run(ms: number, watch?: () => void): Promise<void>
}

export interface WorldOptions { random?: Random, provisioned?: string, service?: Partial<LicenseServiceOptions> }

/** Runs everything that is ready to run, which suffices where nothing waits for a thread or timer. */
export function settle(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}

export function digestOf(credential: string): { text: string, digest: string } {
  return { text: credential, digest: createHash('sha256').update(credential).digest('hex') }
}

export async function createWorld(options: WorldOptions = {}): Promise<World> {
  return createWorldOn(createMemoryStore(), options)
}

/** The same on SQLite, as small installations use it, in a file that others may write to as well. */
export async function createSqliteWorld(options: WorldOptions = {}): Promise<World<LicenseStorage> & { databaseFile: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'license-unit-'))
  const storage = await openStorage({ url: 'file:license.db', baseDir: folder })
  onTestFinished(async () => {
    await storage.close()
    rmSync(folder, { recursive: true })
  })
  const world = await createWorldOn(storage.licenses, options)
  return Object.assign(world, { databaseFile: storage.location })
}

async function createWorldOn<S extends LicenseStorage>(store: S, options: WorldOptions): Promise<World<S>> {
  const clock = createSimulatedClock()
  const vendor = createSimulatedVendor(clock)
  const random = options.random ?? createSeededRandom()
  const log: LogLine[] = []
  const observed: string[] = []
  let launches = 0
  const line = (level: LogLine['level']) => (message: string, fields: Record<string, unknown> = {}) => { log.push({ level, message, fields }) }

  async function launch(changes: Partial<LicenseServiceOptions>): Promise<LicenseService> {
    const { instanceId } = await requireInstallation(store, { random, clock })
    const launched = await createLicenseService({
      store, instanceId, server: vendor, keyring, clock, random, version: VERSION, sandbox: false, eventsKeepDays: 400,
      log: { info: line('info'), warn: line('warn'), error: line('error') },
      provisioned: options.provisioned === undefined ? null : digestOf(options.provisioned),
      observeCheckIn: result => observed.push(result),
      replica: `replica-${++launches}`,
      pause: async (ms) => { clock.advance(ms) },
      ...options.service, ...changes,
    })
    launched.start()
    return launched
  }
  let service = await launch({})

  async function boot(changes: Partial<LicenseServiceOptions> = {}): Promise<LicenseService> {
    service = await launch(changes)
    return service
  }
  async function tick(): Promise<number> {
    const wait = await service.tick()
    await settle()
    return wait
  }
  async function run(ms: number, watch?: () => void): Promise<void> {
    const end = clock.real() + ms
    while (clock.real() < end) {
      const wait = await tick()
      watch?.()
      clock.advance(Math.min(wait, end - clock.real()))
    }
    await tick()
    watch?.()
  }
  return { clock, vendor, store, log, observed, get service() { return service }, boot, tick, run }
}
