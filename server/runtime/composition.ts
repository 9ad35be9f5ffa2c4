import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { commit, jwks, sandbox, version } from '#license-build'
import { sandboxHooks } from '#sandbox-hooks'
import { createHashingQueue } from '../accounts/hashing-queue.ts'
import type { Accounts } from '../accounts/service.ts'
import { createAccounts } from '../accounts/service.ts'
import { createLicenseServerClient } from '../license-server/client.ts'
import { createKeyring } from '../license/jws.ts'
import { withEventLines } from '../license/event-lines.ts'
import type { Log, Random } from '../license/ports.ts'
import type { LicenseService } from '../license/service.ts'
import { createLicenseService, requireInstallation } from '../license/service.ts'
import type { Replica, Storage } from '../storage/open.ts'
import { openStorage } from '../storage/open.ts'
import type { App, Base } from './app.ts'
import { ConfigError, readConfig } from './config.ts'
import { createFoldedLog } from './folded-log.ts'
import { createLog, stackOf } from './log.ts'
import { createMetrics } from './metrics.ts'
import { storageTrouble } from './storage-finding.ts'
import type { PeriodicJobs } from './periodic-jobs.ts'
import { createPeriodicJobs } from './periodic-jobs.ts'
import type { ReplicaWatch } from './replica-watch.ts'
import { createReplicaWatch, GONE_AFTER, TELL_EVERY } from './replica-watch.ts'
import { currentRequest } from './request-context.ts'
import type { SharedFileWatch } from './shared-file-watch.ts'
import { createSharedFileWatch, LOOK_EVERY } from './shared-file-watch.ts'
import { createDatabaseClock, createSystemClock } from './system-clock.ts'

/* The composition root: adapters are constructed here and nowhere else. */

const MINUTE = 60_000

const machineRandom: Random = {
  hex: bytes => randomBytes(bytes).toString('hex'),
  unit: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48,
}

/** Builds everything that needs no database. Throws ConfigError. */
export function assembleBase(): Base {
  const config = readConfig(process.env, { inMemory: sandbox })
  const problems = sandboxHooks?.configure(process.env) ?? []
  if (problems.length > 0) throw new ConfigError(problems)
  const { logFormat: format, logLevel: level, replica } = config
  const log = createLog({ format, level, replica, context: () => ({ ...currentRequest() }) })
  for (const warning of config.warnings) log.warn(warning)
  const client = createLicenseServerClient({
    baseUrl: config.licenseServerUrl, version, proxyFor: config.proxyFor, configured: config.origins.NC_LICENSE_SERVER_URL?.from !== 'default',
    ...(sandboxHooks ? { callHeaders: sandboxHooks.callHeaders } : {}),
  })
  const refusals = createFoldedLog(log)
  const jobs = startJobs(refusals)
  jobs.every(MINUTE, refusals.flush)
  return {
    config, log, refusals, jobs, metrics: createMetrics({ version, commit }),
    client: sandboxHooks?.client(client) ?? client, limited: sandboxHooks?.limited ?? true,
  }
}

function startJobs(refusals: Base['refusals']): PeriodicJobs {
  return createPeriodicJobs(error => refusals.error('a periodic job failed', { cause: stackOf(error) }))
}

/**
 * Opens the database and builds the rest on it. Rejects with STORAGE_UNAVAILABLE if trying again can help, and with
 * StorageOpenError for a database that must not be touched.
 */
export async function assembleApp(base: Base): Promise<App> {
  const { config, log, metrics, client } = base
  const opening = { done: false }
  const storage = await openStorage({ url: config.databaseUrl, baseDir: config.projectDir, log: onceOpen(log, opening), version })
  tellMigrations(log, storage)
  try {
    const databaseClock = createDatabaseClock(createSystemClock(), () => storage.licenses.databaseTime())
    await databaseClock.sample()
    const clock = sandboxHooks?.clock(databaseClock) ?? databaseClock
    const random = sandboxHooks?.random(machineRandom) ?? machineRandom
    const { instanceId, sessionSecret } = await requireInstallation(storage.licenses, {
      random, clock, instanceId: sandboxHooks?.instanceId() ?? null,
    })
    const license = await createLicenseService({
      store: storage.licenses, instanceId, server: client, keyring: await createKeyring(jwks), clock, log, version, sandbox, random,
      provisioned: config.licenseKey, eventsKeepDays: config.eventsKeepDays, replica: config.replica, pause: ms => sleep(ms),
      storageTrouble: () => sandboxHooks?.storageTrouble() ?? storageTrouble(storage),
      observeCheckIn: (result, seconds) => metrics.observeCheckIn(result, seconds),
    })
    const accounts = createAccounts({
      store: withEventLines(storage.accounts, log, accountOf), clock: sandboxHooks?.accountClock(databaseClock) ?? clock,
      sessionSecret: config.sessionSecret ?? sessionSecret, hashing: createHashingQueue(), log,
    })
    await provideAdministrator(accounts, base, await storage.replicas?.seenWithin(GONE_AFTER) ?? [])
    const jobs = startJobs(base.refusals)
    const replicas = watchReplicas(base, storage, license, clock.read().wall)
    const tell = () => databaseClock.sample(replicas.look)
    void tell().catch(() => undefined)
    jobs.every(TELL_EVERY, tell)
    if (storage.kind === 'sqlite') jobs.every(LOOK_EVERY, watchFile(storage, () => clock.read().boot, log).look)
    opening.done = true
    return {
      ...base, jobs, storage, license, accounts, replicas, build: { version, commit, sandbox },
      async close() {
        jobs.stop()
        await license.stop()
        await replicas.leave().catch(() => undefined)
        await storage.close()
      },
    }
  }
  catch (error) {
    await storage.close().catch(() => undefined)
    throw error
  }
}

function tellMigrations(log: Log, { migrations, newer, copy }: Storage): void {
  if (migrations.length > 0) log.info('migrations applied', { names: migrations, ...(copy === null ? {} : { copyFromBefore: copy }) })
  if (newer.length > 0) log.info('a newer version has been here; this one can use what it left', { names: newer })
}

function watchReplicas({ config, log }: Base, { replicas, licenses }: Storage, license: LicenseService, started: number): ReplicaWatch {
  return createReplicaWatch({
    replicas, log,
    holder: async () => (await licenses.claims?.readClaim())?.holder ?? null,
    self() {
      const { state, revision } = license.view('viewer')
      return { id: config.replica, version, commit, started, state, revision, keyDigest: config.licenseKey?.digest ?? null }
    },
  })
}

function watchFile({ licenses, location }: Storage, own: () => string | null, log: Log): SharedFileWatch {
  return createSharedFileWatch({ stored: async () => (await licenses.read()).trusted?.boot ?? null, own, location, log })
}

/** A log that begins once the database has been opened: until then, whoever opens it tells why it cannot, once for many attempts. */
function onceOpen(log: Log, opening: { readonly done: boolean }): Log {
  const at = (level: keyof Log): Log[keyof Log] => (...line) => { if (opening.done) log[level](...line) }
  return { info: at('info'), warn: at('warn'), error: at('error') }
}

/** The account that a write is about: the store's methods take it, or its id, as their first argument. */
function accountOf(first: unknown): { account: string } {
  return { account: typeof first === 'string' ? first : String(Object(first).id) }
}

/** Makes sure that somebody can sign in: the provisioned administrator, or a one-time set-up link in the log. */
async function provideAdministrator(accounts: Accounts, { config, log }: Base, others: readonly Replica[]): Promise<void> {
  const outcome = await accounts.provisionAdmin(config.admin)
  if (config.admin) {
    log.info(`administrator from NC_ADMIN_EMAIL ${outcome}`)
    if (outcome === 'reset' && others.length > 0) {
      log.warn('NC_ADMIN_PASSWORD is not the one that was applied last, and other replicas are running: one that is started with the '
        + 'former value resets the password again', { replicas: others.map(({ id }) => id).join(', ') })
    }
    return
  }
  const offer = await accounts.offerSetup()
  if (!offer) return
  const origin = config.publicUrl?.origin ?? config.localUrl
  const until = new Date(offer.expiresAt).toISOString()
  // In the fragment, so that no proxy or access log on the way ever sees it.
  log.announce(`create the first administrator before ${until}: ${origin}${config.basePath}setup#token=${offer.token}`)
}
