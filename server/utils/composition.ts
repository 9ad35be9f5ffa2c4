import { randomBytes } from 'node:crypto'
import { jwks, sandbox, version } from '#license-build'
import type { Accounts } from '../accounts/service.ts'
import { createPlaces } from '../accounts/places.ts'
import { createAccounts } from '../accounts/service.ts'
import { createLicenseServerClient } from '../license-server/client.ts'
import type { LicenseServerClient } from '../license-server/client.ts'
import { LicenseError } from '../license/errors.ts'
import { createKeyring } from '../license/jws.ts'
import type { Log } from '../license/ports.ts'
import type { LicenseService } from '../license/service.ts'
import { createLicenseService } from '../license/service.ts'
import type { Storage, StorageCause } from '../storage/open.ts'
import { openStorage } from '../storage/open.ts'
import { settleAdministrator } from './administrator.ts'
import type { BearerTokens } from './bearer.ts'
import { createBearerTokens } from './bearer.ts'
import type { Config } from './config.ts'
import { readConfig } from './config.ts'
import { createLog } from './log.ts'
import type { Metrics } from './metrics.ts'
import { createMetrics } from './metrics.ts'
import type { RateLimits } from './rate-limits.ts'
import { createRateLimits } from './rate-limits.ts'
import type { RefusedTokens } from './refused-tokens.ts'
import { createRefusedTokens } from './refused-tokens.ts'
import { createDatabaseClock, createSystemClock } from './system-clock.ts'

/* The composition root: the only place that constructs adapters. */

/** What exists from the first moment. */
export interface Base {
  config: Config
  log: Log
  limits: RateLimits
  bearerTokens: BearerTokens
  refusedTokens: RefusedTokens
  metrics: Metrics
  client: LicenseServerClient
}

/** What exists once the database has been reached. */
export interface App extends Base {
  storage: Storage
  license: LicenseService
  accounts: Accounts
  build: { version: string, sandbox: boolean }
}

let base: Base | undefined
let app: App | undefined

/** Reads the configuration; throws ConfigError. */
export function assembleBase(): Base {
  const config = readConfig(process.env)
  const log = createLog(config.logFormat)
  const client = createLicenseServerClient({ baseUrl: config.licenseServerUrl, version, proxyFor: config.proxyFor })
  base = {
    config, log, limits: createRateLimits(), bearerTokens: createBearerTokens(config), refusedTokens: createRefusedTokens(log),
    metrics: createMetrics(), client,
  }
  return base
}

/**
 * Opens the database and builds the rest on it, not yet open to requests. Rejects STORAGE_UNAVAILABLE, or StorageOpenError
 * for a file that must not be touched.
 */
export async function assembleApp(from: Base): Promise<App> {
  const { config, log, metrics, client } = from
  const storage = await openStorage({ url: config.databaseUrl, baseDir: config.projectDir, log })
  try {
    const clock = createDatabaseClock(createSystemClock(), () => storage.licenses.databaseTime())
    await clock.sample()
    const license = await createLicenseService({
      store: storage.licenses, server: client, keyring: await createKeyring(jwks), clock, log, version, sandbox,
      random: { hex: bytes => randomBytes(bytes).toString('hex'), unit: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48 },
      environment: config.licenseKey, eventsKeepDays: config.eventsKeepDays,
      observeCheckIn: (result, seconds) => metrics.observeCheckIn(result, seconds),
    })
    const { sessionSecret } = await storage.licenses.installation({ instanceId: license.instanceId, sessionSecret: '', createdAt: 0 })
    const accounts = createAccounts({
      store: storage.accounts, clock, sessionSecret: config.sessionSecret ?? sessionSecret, places: createPlaces(),
    })
    await settleAdministrator(accounts, from)
    setInterval(() => void clock.sample().catch(() => undefined), 60_000).unref()
    return { ...from, storage, license, accounts, build: { version, sandbox } }
  }
  catch (error) {
    await storage.close().catch(() => undefined)
    throw error
  }
}

const opened = Promise.withResolvers<void>()
const settled = Promise.withResolvers<void>()
let missing: StorageCause | null = null

/** Lets requests in, once everything they need is there. */
export function openApp(assembled: App): void {
  app = assembled
  opened.resolve()
  settled.resolve()
}

/** Notes that the database cannot be reached yet, and why: requests are told so. */
export function reportStarting(cause: StorageCause): void {
  missing = cause
  settled.resolve()
}

export function isOpen(): boolean {
  return app !== undefined
}

/** Resolves when requests are let in. */
export function whenOpen(): Promise<void> {
  return opened.promise
}

/** Resolves when requests are let in, or it is known that they cannot be yet. */
export function whenSettled(): Promise<void> {
  return settled.promise
}

export function getBase(): Base | undefined {
  return base
}

/** For what runs after the start plugin, which has made it. */
export function requireBase(): Base {
  if (!base) throw new TypeError('the configuration has not been read')
  return base
}

/** Returns the app; throws STORAGE_UNAVAILABLE until the database has been reached. */
export function requireApp(): App {
  if (!app) throw new LicenseError('STORAGE_UNAVAILABLE', missing ? { details: { cause: missing } } : {})
  return app
}
