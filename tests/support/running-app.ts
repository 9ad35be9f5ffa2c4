import type { App, Base } from '../../server/runtime/app.ts'
import { openApp, setBase } from '../../server/runtime/app.ts'
import { createLicenseServerClient } from '../../server/license-server/client.ts'
import type { Environment } from '../../server/runtime/config-source.ts'
import { readConfig } from '../../server/runtime/config.ts'
import { createFoldedLog } from '../../server/runtime/folded-log.ts'
import { createLog } from '../../server/runtime/log.ts'
import { createMetrics } from '../../server/runtime/metrics.ts'
import { createPeriodicJobs } from '../../server/runtime/periodic-jobs.ts'
import type { AccountsWorld } from './accounts-world.ts'
import { createAccountsWorld } from './accounts-world.ts'
import type { World } from './world.ts'
import { createWorld, VERSION } from './world.ts'

/* The application that handlers use, in this process: real accounts, a simulated license, no server and no sockets. */

export interface RunningApp extends AccountsWorld {
  app: App
  license: World
  /** What the process logged, as JSON. */
  lines: Record<string, unknown>[]
}

/** What is there from the start of a process; `lines` has what it logs, as JSON. */
export function createBase(env: Environment = {}): { base: Base, lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = []
  const log = createLog({ format: 'json', level: 'debug', write: line => void lines.push(JSON.parse(line)) })
  const config = readConfig(env)
  const base: Base = {
    limited: true,
    config, log, refusals: createFoldedLog(log), jobs: createPeriodicJobs(() => undefined), metrics: createMetrics({ version: VERSION, commit: 'unknown' }),
    client: createLicenseServerClient({ baseUrl: config.licenseServerUrl, version: VERSION, proxyFor: config.proxyFor }),
  }
  return { base, lines }
}

/** Reads the environment as a start does; handlers called from now on use this application. */
export async function openRunningApp(env: Environment = {}): Promise<RunningApp> {
  const [world, license] = [await createAccountsWorld(), await createWorld()]
  const { base, lines } = createBase(env)
  const build = { version: VERSION, commit: 'unknown', sandbox: false }
  const close = () => world.storage.close()
  const app = { ...base, storage: world.storage, license: license.service, accounts: world.accounts, replicas: { seen: async () => [] }, build, close }
  setBase(base)
  openApp(app)
  return { ...world, app, license, lines }
}
