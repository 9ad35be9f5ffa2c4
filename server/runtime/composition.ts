import { randomBytes } from 'node:crypto'
import { commit, jwks, sandbox, version } from '#license-build'
import type { Accounts } from '../accounts/service.ts'
import { createHashingQueue } from '../accounts/hashing-queue.ts'
import { createAccounts } from '../accounts/service.ts'
import { createLicenseServerClient } from '../license-server/client.ts'
import type { LicenseServerClient } from '../license-server/client.ts'
import { LicenseError } from '../license/errors.ts'
import { createKeyring } from '../license/jws.ts'
import { withEventLines } from '../license/event-lines.ts'
import type { Random } from '../license/ports.ts'
import type { LicenseService } from '../license/service.ts'
import { createLicenseService, requireInstallation } from '../license/service.ts'
import type { Storage, StorageCause } from '../storage/open.ts'
import { openStorage } from '../storage/open.ts'
import { settleAdministrator } from './administrator.ts'
import type { BearerTokens } from '../http/bearer.ts'
import { createBearerTokens } from '../http/bearer.ts'
import type { Config } from './config.ts'
import { readConfig } from './config.ts'
import type { FoldedLog } from './folded-log.ts'
import { createFoldedLog } from './folded-log.ts'
import type { ProcessLog } from './log.ts'
import { createLog } from './log.ts'
import type { Metrics } from './metrics.ts'
import { createMetrics } from './metrics.ts'
import type { RateLimits } from '../http/rate-limits.ts'
import { createRateLimits } from '../http/rate-limits.ts'
import type { RefusedTokens } from '../http/refused-tokens.ts'
import { createRefusedTokens } from '../http/refused-tokens.ts'
import { currentRequest } from './request-context.ts'
import { createDatabaseClock, createSystemClock } from './system-clock.ts'

/* The composition root: the only place that constructs adapters. */

/** What exists from the first moment. */
export interface Base {
  config: Config
  log: ProcessLog
  /** For what a stranger can cause at will. */
  refusals: FoldedLog
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
  build: { version: string, commit: string, sandbox: boolean }
}

const random: Random = {
  hex: bytes => randomBytes(bytes).toString('hex'),
  unit: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48,
}

let base: Base | undefined
let app: App | undefined

/** Reads the configuration; throws ConfigError. */
export function assembleBase(): Base {
  const config = readConfig(process.env)
  const { logFormat: format, logLevel: level, replica } = config
  const log = createLog({ format, level, replica, context: () => ({ ...currentRequest() }) })
  for (const warning of config.warnings) log.warn(warning)
  const client = createLicenseServerClient({ baseUrl: config.licenseServerUrl, version, proxyFor: config.proxyFor })
  const metrics = createMetrics({ version, commit })
  base = {
    config, log, refusals: createFoldedLog(log), limits: createRateLimits(), bearerTokens: createBearerTokens(config),
    refusedTokens: createRefusedTokens(log), metrics, client,
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
  if (storage.migrations.length > 0) log.info('migrations applied', { names: storage.migrations })
  try {
    const clock = createDatabaseClock(createSystemClock(), () => storage.licenses.databaseTime())
    await clock.sample()
    const { instanceId, sessionSecret } = await requireInstallation(storage.licenses, { random, clock })
    const license = await createLicenseService({
      store: storage.licenses, instanceId, server: client, keyring: await createKeyring(jwks), clock, log, version, sandbox, random,
      environment: config.licenseKey, eventsKeepDays: config.eventsKeepDays,
      observeCheckIn: (result, seconds) => metrics.observeCheckIn(result, seconds),
    })
    const accounts = createAccounts({
      store: withEventLines(storage.accounts, log, accountOf), clock, sessionSecret: config.sessionSecret ?? sessionSecret,
      places: createHashingQueue(), log,
    })
    await settleAdministrator(accounts, from)
    setInterval(() => void clock.sample().catch(() => undefined), 60_000).unref()
    return { ...from, storage, license, accounts, build: { version, commit, sandbox } }
  }
  catch (error) {
    await storage.close().catch(() => undefined)
    throw error
  }
}

const opened = Promise.withResolvers<void>()
const settled = Promise.withResolvers<void>()
let missing: StorageCause | null = null

/** Whom a write of accounts is about: it takes the account, or its id, first. */
function accountOf(first: unknown): { account: string } {
  return { account: typeof first === 'string' ? first : String(Object(first).id) }
}

/** Lets requests in, once everything they need is there. */
export function openApp(assembled: App): void {
  app = assembled
  opened.resolve()
  settled.resolve()
  const { state, entitled, method, licenseId, maskedKey, expiresAt, warnings } = app.license.view('viewer')
  app.log.info('started', {
    database: app.storage.kind, state, entitled, method, licenseId, maskedKey, expiresAt, managedByEnv: app.license.managedByEnv,
    warnings: warnings.map(({ code }) => code).join(', '),
  })
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

/** Undefined until the database has been reached. */
export function getApp(): App | undefined {
  return app
}

/** Returns the app; throws STORAGE_UNAVAILABLE until the database has been reached. */
export function requireApp(): App {
  if (!app) throw new LicenseError('STORAGE_UNAVAILABLE', missing ? { details: { cause: missing } } : {})
  return app
}
