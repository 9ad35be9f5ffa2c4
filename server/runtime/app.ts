import type { Accounts } from '../accounts/service.ts'
import { LicenseError } from '../license/errors.ts'
import type { LicenseService } from '../license/service.ts'
import type { LicenseServerClient } from '../license-server/client.ts'
import type { Storage, StorageCause } from '../storage/open.ts'
import type { Config } from './config.ts'
import type { FoldedLog } from './folded-log.ts'
import type { ProcessLog } from './log.ts'
import type { Metrics } from './metrics.ts'
import type { PeriodicJobs } from './periodic-jobs.ts'
import type { ReplicaWatch } from './replica-watch.ts'

/* Where request handlers find what composition.ts has assembled. plugins/start.ts puts it here. */

/** Available from the start of the process. */
export interface Base {
  config: Config
  log: ProcessLog
  /** For lines that a stranger can trigger at will. */
  refusals: FoldedLog
  jobs: PeriodicJobs
  metrics: Metrics
  client: LicenseServerClient
  /** Whether rate limits are on; off only in a sandbox that is told so. */
  limited: boolean
}

/** Available once the database has been reached. */
export interface App extends Base {
  storage: Storage
  license: LicenseService
  accounts: Accounts
  /** The processes that share the database. */
  replicas: Pick<ReplicaWatch, 'seen'>
  build: { version: string, commit: string, sandbox: boolean }
  /** Ends its work and closes its database. */
  close(): Promise<void>
}

let base: Base | undefined
let app: App | undefined
let missing: StorageCause | null = null
const opened = Promise.withResolvers<void>()
const answerable = Promise.withResolvers<void>()

export function setBase(assembled: Base): void {
  base = assembled
}

/** Makes the app available: requests are served from now on. */
export function openApp(assembled: App): void {
  app = assembled
  opened.resolve()
  answerable.resolve()
  const { state, entitled, method, licenseId, maskedKey, expiresAt, warnings } = app.license.view('viewer')
  app.log.info('started', {
    database: app.storage.kind, state, entitled, method, licenseId, maskedKey, expiresAt, managedByEnv: app.license.managedByEnv,
    warnings: warnings.map(({ code }) => code).join(', '),
  })
}

/** Requests are answered with this cause until the database has been reached. */
export function reportStarting(cause: StorageCause): void {
  missing = cause
  answerable.resolve()
}

export function isOpen(): boolean {
  return app !== undefined
}

/** Resolves when requests are served. */
export function whenOpen(): Promise<void> {
  return opened.promise
}

/** Resolves when requests can be answered, if only with the reason why they are not served. */
export function whenAnswerable(): Promise<void> {
  return answerable.promise
}

export function getBase(): Base | undefined {
  return base
}

/** Throws TypeError before the start plugin has run. */
export function requireBase(): Base {
  if (!base) throw new TypeError('the configuration has not been read')
  return base
}

/** Undefined until the database has been reached. */
export function getApp(): App | undefined {
  return app
}

/** Throws STORAGE_UNAVAILABLE until the database has been reached. */
export function requireApp(): App {
  if (!app) throw new LicenseError('STORAGE_UNAVAILABLE', missing ? { details: { cause: missing } } : {})
  return app
}
