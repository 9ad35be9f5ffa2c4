import { setTimeout as sleep } from 'node:timers/promises'
import { defineNitroPlugin, useRuntimeConfig } from 'nitropack/runtime'
import { commit, sandbox, version } from '#license-build'
import { sandboxHooks } from '#sandbox-hooks'
import { LicenseError } from '../license/errors.ts'
import { causeOf, codeOf, postgresRemedy, StorageOpenError } from '../storage/open.ts'
import type { App, Base } from '../runtime/app.ts'
import { openApp, reportStarting, setBase } from '../runtime/app.ts'
import { assembleApp, assembleBase } from '../runtime/composition.ts'
import type { Config } from '../runtime/config.ts'
import { ConfigError } from '../runtime/config.ts'
import { routeConsole } from '../runtime/guard-process.ts'
import { stackOf } from '../runtime/log.ts'

const RETRY_STORAGE = 2_000
const PRUNE_SESSIONS = 3_600_000

/** Starts the product. Nitro does not wait for plugins, so server/entry.ts waits until requests can be answered. */
export default defineNitroPlugin((nitro) => {
  const base = configureOrExit()
  routeConsole(base.log, base.refusals)
  const stopping = new AbortController()
  let started = start(base, stopping.signal).catch(error => exit(base, error))
  nitro.hooks.hook('close', async () => {
    stopping.abort()
    base.jobs.stop()
    await (await started)?.close()
  })
  sandboxHooks?.open({
    base,
    async restart(between) {
      await started.then(app => app?.close()).catch((error: unknown) => base.log.error('closing failed', { cause: stackOf(error) }))
      try {
        await between()
      }
      finally {
        started = start(base, stopping.signal).catch(error => exit(base, error))
        await started
      }
    },
  })
})

function configureOrExit(): Base {
  try {
    const base = assembleBase()
    requireBasePath(base.config)
    setBase(base)
    return base
  }
  catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`${error.lines.join('\n')}\n`)
    return process.exit(1)
  }
}

/**
 * The framework gets the base path from server/build/index-guard.ts, which the development server and a bare server.mjs bypass.
 */
function requireBasePath({ basePath }: Config): void {
  if (useRuntimeConfig().app.baseURL !== basePath) {
    throw new ConfigError([`NC_PUBLIC_URL: only the built server, started by its index.mjs, can serve a path (${basePath})`])
  }
}

/** Ends the process: with one sentence if the database must not be touched, else with the error's stack. */
function exit(base: Base, error: unknown): never {
  if (error instanceof StorageOpenError) process.stderr.write(`${error.message}\n`)
  else base.log.error('the start failed', { cause: stackOf(error) })
  process.exit(1)
}

async function start(base: Base, stop: AbortSignal): Promise<App | undefined> {
  const { log, config: { logFormat, replica, origins } } = base
  // In JSON every line names the replica anyway.
  const tell = sandbox ? log.announce : log.info
  tell('starting', { version, commit, ...(logFormat === 'pretty' ? { replica } : {}), ...(sandbox ? { build: 'SANDBOX: accepts licenses that anybody can sign; never use it in production' } : {}) })
  const app = await openWhenReachable(base, stop)
  if (!app) return undefined
  const { storage, license, accounts, jobs } = app
  log.info(storage.created ? 'database created' : 'database opened', { kind: storage.kind, location: storage.location })
  if (storage.pooled) log.info('a connection pooler is in front of PostgreSQL: time limits and schema are set in every transaction')
  if (storage.created && origins.DATABASE_URL?.from === 'default') {
    log.warn('DATABASE_URL is not set: a new database was created in the default place; make sure that it is on storage that outlives this server', { location: storage.location })
  }
  // The first thing support asks for.
  log.announce(`Instance ID: ${license.instanceId}`)
  openApp(app)
  license.start()
  jobs.repeat(() => sandboxHooks?.inTurn(() => license.tick()) ?? license.tick())
  jobs.every(PRUNE_SESSIONS, () => accounts.prune())
  return app
}

async function openWhenReachable(base: Base, stop: AbortSignal): Promise<App | undefined> {
  let told: string | undefined
  while (!stop.aborted) {
    try {
      return await assembleApp(base)
    }
    catch (error) {
      if (!(error instanceof LicenseError && error.code === 'STORAGE_UNAVAILABLE')) throw error
      const cause = causeOf(error.cause)
      reportStarting(cause)
      const remedy = postgresRemedy(error.cause, base.config.databaseUrl)
      const fields = { cause, code: codeOf(error.cause), error: String(error.cause ?? ''), remedy }
      if (told !== (remedy ?? cause)) base.log.error('the database cannot be used; trying again', fields)
      told = remedy ?? cause
      await sleep(RETRY_STORAGE, undefined, { signal: stop }).catch(() => undefined)
    }
  }
  return undefined
}
