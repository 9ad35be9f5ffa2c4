import { expect, test as base } from '@playwright/test'
import type { Panel, Sandbox, SandboxOptions, Vendor } from './index.ts'
import { startSandbox } from './index.ts'
import { LicensePage } from './license-page.ts'

/* Fixtures: a panel for each worker, which every test finds as after a first start. */

export { expect, LicensePage }

export interface WorkerFixtures {
  /** Set by `use: { sandboxOptions: { licenseServer: … } }` in the configuration. */
  sandboxOptions: SandboxOptions
  sandbox: Sandbox
}

export interface TestFixtures {
  panel: Panel
  vendor: Vendor
  /** The License screen, with nobody signed in yet. */
  licensePage: LicensePage
}

export const test = base.extend<TestFixtures, WorkerFixtures>({
  sandboxOptions: [{}, { option: true, scope: 'worker' }],
  sandbox: [async ({ sandboxOptions }, use) => {
    const { NOCODB_LICENSE_SERVER: shared } = process.env
    const sandbox = await startSandbox({ ...(shared ? { licenseServer: shared } : {}), ...sandboxOptions })
    await use(sandbox)
    await sandbox.stop()
  }, { scope: 'worker' }],
  panel: async ({ sandbox: { panel } }, use, info) => {
    await panel.reset()
    const from = panel.logs().length
    await use(panel)
    if (info.status !== info.expectedStatus) await info.attach('panel.log', { body: panel.logs().slice(from), contentType: 'text/plain' })
  },
  vendor: async ({ sandbox, panel: _reset }, use) => use(sandbox.vendor),
  licensePage: async ({ page, panel }, use) => use(new LicensePage(page, panel)),
})
