import { expect } from '@playwright/test'
import type { DIAGNOSTIC_VERDICTS } from '../../../shared/contracts.ts'
import type { ApiClient } from '../../support/api-client.ts'
import { ADMIN } from '../../support/product-process.ts'
import { expectUsable, fillLogin, openPath } from '../../support/browser/screen.ts'
import type { Scene, Stage } from '../scene.ts'
import { changeDatabase } from '../database.ts'
import { daysFromNow, openAfter, openScreen, requireSaved, tokenFor } from '../scene.ts'

const SECOND = { email: 'grace.hopper@example.com', password: 'second admin 1' }
const VIEWER = { email: 'viewer@example.com', password: 'viewer password 1' }

async function fillActivity(stage: Stage): Promise<void> {
  const { control } = stage.licenseServer
  await openAfter(stage, '/admin/activity', async (api) => {
    const { body: { id } } = await api.request<{ id: string }>('POST', '/api/users', { ...SECOND, role: 'viewer' })
    await api.request('PATCH', `/api/users/${id}`, { role: 'admin' })
    const { key } = await control.createLicense({ method: 'standard' })
    await requireSaved(api, key)
    await api.checkIn()
    await control.addFault({ call: 'checkIn', times: 2, fault: { type: 'html' } })
    await api.checkIn()
    await api.checkIn()
    await control.changeLicense(key, { status: 'suspended', reason: 'Invoice 4711 is open' })
    await api.checkIn()
    await control.changeLicense(key, { status: 'active', days: 700 })
    await api.checkIn()
    await api.remove()
    await requireSaved(api, 'nc_ag_demo_airgapped')
  })
  await expect(stage.page.getByRole('heading', { name: 'License activated' }).first()).toBeVisible()
}

/** Diagnostics run to their end. */
async function diagnose(
  stage: Stage, verdict: (typeof DIAGNOSTIC_VERDICTS)[number], arrange: (api: ApiClient) => Promise<unknown> = api => api.license(),
): Promise<void> {
  const { page } = stage
  await openAfter(stage, '/admin/diagnostics', arrange)
  await page.getByRole('button', { name: 'Run diagnostics' }).click()
  await expect(page.getByTestId('diagnostics-verdict')).toHaveAttribute('data-verdict', verdict, { timeout: 30_000 })
}

/** The banner above every page, before a deadline that needs a person. */
async function showBanner(stage: Stage, path: string, method: 'standard' | 'airgapped', days: number): Promise<void> {
  const { key } = await stage.licenseServer.control.createLicense({ method, exp: daysFromNow(days), renews: false })
  await openAfter(stage, path, api => requireSaved(api, key))
  await expect(stage.page.getByRole('region', { name: /^Enterprise features stop/ })).toBeVisible()
}

/** What would become of a license, by an address that says what to suppose. */
async function rehearse(stage: Stage, query: Record<string, string>, arrange: (api: ApiClient) => Promise<unknown>): Promise<void> {
  await openAfter(stage, `/admin/license?${new URLSearchParams(query)}#time`, arrange)
  await expect(stage.page.getByTestId('rehearsal')).not.toBeEmpty()
}
const isoInDays = (days: number) => new Date(daysFromNow(days) * 1000).toISOString()
const NO_ADMIN = { env: { NC_ADMIN_EMAIL: undefined, NC_ADMIN_PASSWORD: undefined } }

/** The mail about a suspension, as somebody without a mail program sees it. */
async function showMail(stage: Stage): Promise<void> {
  const { control } = stage.licenseServer
  await openAfter(stage, '/admin/license', async (api) => {
    const { key } = await control.createLicense({ method: 'standard', organization: 'Northwind Traders' })
    await requireSaved(api, key)
    await control.changeLicense(key, { status: 'suspended', reason: 'Invoice 4711 is open' })
    await api.checkIn()
  })
  await stage.page.getByTestId('primary-action').click()
  await expect(stage.page.getByRole('dialog', { name: 'E-mail to support' })).toBeVisible()
}

/** Sign-in and set-up, and the pages beside the License screen. */
export const PAGE_SCENES: readonly Scene[] = [
  { name: 'sign-in', prepare: ({ page, product }) => openPath(page, product, '/login') },
  {
    name: 'sign-in-refused',
    async prepare({ page, product }) {
      await openPath(page, product, '/login')
      await fillLogin(page, { ...ADMIN, password: 'not the password' })
      await expect(page.getByRole('alert')).toBeVisible()
    },
  },
  { name: 'first-start', productOptions: NO_ADMIN, prepare: ({ page, product }) => openPath(page, product, '/login') },
  {
    name: 'set-up-refused',
    productOptions: NO_ADMIN,
    async prepare({ page, product }) {
      await openPath(page, product, '/setup#token=made-up')
      await page.getByLabel('E-mail').fill(ADMIN.email)
      await page.getByLabel('Password', { exact: true }).fill(ADMIN.password)
      await page.getByRole('button', { name: 'Create account' }).click()
      await expect(page.getByRole('alert')).toBeVisible()
    },
  },
  {
    name: 'set-up',
    productOptions: NO_ADMIN,
    async prepare({ page, product }) {
      await page.goto(/https?:\/\/[^\s"]+\/setup#token=[\w-]+/.exec(product.output())?.[0] ?? `${product.url}/setup`)
      await expectUsable(page)
      await expect(page.getByRole('button', { name: 'Create account' })).toBeVisible()
    },
  },
  {
    name: 'what-if-internet',
    prepare: stage => rehearse(stage, { 'what-if': 'internet', 'from': isoInDays(0), 'to': isoInDays(10) }, api => requireSaved(api, 'nc_demo_standard')),
  },
  {
    name: 'what-if-clock',
    prepare: stage => rehearse(stage, { 'what-if': 'clock', 'offset': String(730 * 86_400) }, async api => requireSaved(api, await tokenFor(stage, api))),
  },
  { name: 'mail-dialog', prepare: showMail },
  { name: 'activity', prepare: fillActivity },
  { name: 'diagnostics', prepare: async (stage) => { await openAfter(stage, '/admin/diagnostics', api => api.license()) } },
  { name: 'diagnostics-good', prepare: stage => diagnose(stage, 'reachable') },
  {
    name: 'diagnostics-failed',
    async prepare(stage) {
      await stage.licenseServer.control.addFault({ call: 'ping', fault: { type: 'html' } })
      await diagnose(stage, 'problem')
    },
  },
  {
    name: 'diagnostics-nothing-tested',
    prepare: stage => diagnose(stage, 'nothing_tested', async api => requireSaved(api, await tokenFor(stage, api))),
  },
  {
    name: 'access',
    async prepare(stage) {
      await openAfter(stage, '/admin/access', async (api) => {
        await api.request('POST', '/api/users', { ...SECOND, role: 'admin' })
        await api.request('POST', '/api/users', { ...VIEWER, role: 'viewer' })
      })
      await expect(stage.page.getByText(VIEWER.email)).toBeVisible()
    },
  },
  {
    name: 'access-role',
    async prepare(stage) {
      await openAfter(stage, '/admin/access', api => api.request('POST', '/api/users', { ...VIEWER, role: 'viewer' }))
      await stage.page.getByLabel(`Role of ${VIEWER.email}`).selectOption('admin')
      await expect(stage.page.getByRole('dialog')).toBeVisible()
    },
  },
  { name: 'banner-month', prepare: stage => showBanner(stage, '/admin/diagnostics', 'airgapped', 28.5) },
  { name: 'banner-week', prepare: stage => showBanner(stage, '/admin/activity', 'standard', 5.5) },
  {
    name: 'menu',
    // A wide window closes it.
    fleeting: true,
    async prepare(stage) {
      const { page } = stage
      await page.setViewportSize({ width: 390, height: 844 })
      await openScreen(stage)
      await page.getByRole('button', { name: 'Open the menu' }).click()
      await expect(page.getByRole('dialog', { name: 'Admin Panel' })).toBeVisible()
    },
  },
  { name: 'page-not-found', prepare: async (stage) => { await openAfter(stage, '/admin/no-such-page', api => api.license()) } },
  {
    name: 'error-page',
    onlyEnglish: true,
    async prepare(stage) {
      await openAfter(stage, '/admin/license', api => api.license())
      // A session that cannot be looked up; without any, the sign-in page would be shown.
      changeDatabase(stage, 'DROP TABLE sessions')
      await stage.page.reload()
      await expect(stage.page.getByRole('heading', { level: 1 })).toHaveText('This page cannot be shown just now')
    },
  },
]
