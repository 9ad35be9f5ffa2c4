import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SandboxControl } from '../support/vendor/control-client.ts'
import { createSandboxControl } from '../support/vendor/control-client.ts'
import type { Account, Panel } from './panel.ts'
import { createPanel } from './panel.ts'
import { startLicenseServer, startPanel } from './processes.ts'

/* A panel and a sandbox license server for tests. docs/testing.md tells how to use them. */

export type { Account, Beginning, Panel, Seed, Seeded, SessionCookie, Situation, Terms } from './panel.ts'
export type { SandboxControl } from '../support/vendor/control-client.ts'
export type { EventGroup, EventKind } from '../../shared/contracts.ts'
export type { FindingCause } from '../../shared/findings.ts'

export interface SandboxOptions {
  /** The address of a sandbox license server to share; one of its own by default. */
  licenseServer?: string
  /** Ports; any that are free by default. */
  port?: number
  licenseServerPort?: number
  /** `memory`, the default: gone when it stops. `file`: in a folder of its own, removed when it stops. Or a DATABASE_URL. */
  database?: 'memory' | 'file' | `file:${string}` | `postgres:${string}`
  account?: Account
  /** More environment for the panel. */
  env?: Record<string, string | undefined>
}

export interface Vendor extends SandboxControl {
  readonly url: string
}

export interface Sandbox {
  panel: Panel
  /** The license server, as this panel's installation sees it: what is set here hits no other panel. */
  readonly vendor: Vendor
  /** Ends both processes, but not a license server that is shared, and removes the data. */
  stop(): Promise<void>
}

const ACCOUNT: Account = { email: 'admin@example.com', password: 'sandbox-password' }
const SERVICE_TOKEN = 'sandbox-service-token-0123456789abcdef'

/** Starts a panel, with a license server unless one is shared. Resolves when both answer; rejects with what they printed. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { account = ACCOUNT, database = 'memory', env = {} } = options
  const own = options.licenseServer === undefined ? await startLicenseServer(options.licenseServerPort) : null
  const vendorUrl = own?.url ?? options.licenseServer ?? ''
  const folder = database === 'file' ? await mkdtemp(join(tmpdir(), 'nocodb-license-')) : null
  const clear = async () => {
    await own?.stop()
    if (folder !== null) await rm(folder, { recursive: true, force: true })
  }
  try {
    const running = await startPanel({
      DATABASE_URL: folder !== null ? `file:${join(folder, 'license.db')}` : database === 'memory' ? 'file::memory:' : database,
      NC_LICENSE_SERVER_URL: vendorUrl, NC_ADMIN_EMAIL: account.email, NC_ADMIN_PASSWORD: account.password,
      NC_SERVICE_TOKEN: SERVICE_TOKEN, NC_SANDBOX_NO_LIMITS: '1', NC_LOG_FORMAT: 'json', ...env,
    }, options.port)
    const instanceId = /Instance ID: ([0-9a-f]{32})/.exec(running.output())?.[1] ?? ''
    const panel = createPanel({ url: running.url, instanceId, account, serviceToken: env.NC_SERVICE_TOKEN ?? SERVICE_TOKEN, logs: running.output })
    const control = createSandboxControl(vendorUrl)
    return {
      panel,
      get vendor() { return { url: vendorUrl, ...control.scopedTo({ installation: panel.instanceId }) } },
      async stop() {
        await running.stop()
        await clear()
      },
    }
  }
  catch (error) {
    await clear()
    throw error
  }
}
