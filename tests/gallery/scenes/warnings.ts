import { expect } from '@playwright/test'
import type { Warning } from '../../../shared/contracts.ts'
import { SERVICE_TOKEN } from '../../support/product-process.ts'
import { openLicense, statusOf, warningsOf } from '../../support/browser/screen.ts'
import type { Scene, Stage } from '../scene.ts'
import { openAfter, requireSaved, signInPage, startAgain } from '../scene.ts'

async function expectWarning({ page }: Stage, text: string | RegExp): Promise<void> {
  await expect(warningsOf(page)).toContainText(text, { timeout: 20_000 })
}

/** Shows a license whose server's clock differs from this machine's by so many seconds: what was found says so, and no warning repeats it. */
async function showClock(stage: Stage, offset: number, cause: 'clock_ahead' | 'clock_behind', text: string): Promise<void> {
  await stage.licenseServer.control.setClock(offset)
  await openAfter(stage, '/admin/license', api => requireSaved(api, 'nc_demo_standard'))
  const finding = statusOf(stage.page).getByTestId('finding')
  await expect(finding).toHaveAttribute('data-cause', cause, { timeout: 20_000 })
  await expect(finding).toContainText(text)
  await expect(warningsOf(stage.page)).toHaveCount(0)
}

export const WARNING_SCENES: Record<Warning['code'], Scene> = {
  EXPIRES_SOON: {
    name: 'warning-expires-soon',
    async prepare(stage) {
      await openAfter(stage, '/admin/license', api => requireSaved(api, 'nc_demo_expiring'))
      await expectWarning(stage, /The license ends in 2[01] days/)
    },
  },
  CHECK_IN_FAILING: {
    name: 'warning-check-in-failing',
    async prepare(stage) {
      await openAfter(stage, '/admin/license', async (api) => {
        await requireSaved(api, 'nc_demo_standard')
        await stage.licenseServer.control.addFault({ call: 'checkIn', fault: { type: 'html' } })
        await api.checkIn()
        await api.checkIn()
      })
      await expect(statusOf(stage.page).getByRole('heading', { name: /The last \d+ check-ins have failed/ })).toBeVisible()
    },
  },
  CLOCK_BEHIND: { name: 'warning-clock-behind', prepare: stage => showClock(stage, 26 * 3600, 'clock_behind', 'clock is about 26 hours behind') },
  CLOCK_AHEAD: { name: 'warning-clock-ahead', prepare: stage => showClock(stage, -26 * 3600, 'clock_ahead', 'clock is 26 hours ahead') },
  SEATS_EXCEEDED: {
    name: 'warning-seats-exceeded',
    async prepare(stage) {
      await openAfter(stage, '/admin/license', async (api) => {
        await requireSaved(api, 'nc_demo_standard')
        await api.request('PUT', '/api/usage', { seats: 30 }, { authorization: `Bearer ${SERVICE_TOKEN}` })
      })
      await expectWarning(stage, '30 seats are in use, 25 are licensed.')
    },
  },
  ENV_DIFFERS: {
    name: 'warning-env-differs',
    async prepare(stage) {
      await requireSaved(await signInPage(stage), 'nc_demo_standard')
      await startAgain(stage, { NC_LICENSE_KEY: 'nc_demo_revoked' })
      await openLicense(stage.page, stage.product)
      await expect(statusOf(stage.page).getByRole('heading', { name: 'could not be applied' })).toBeVisible({ timeout: 20_000 })
    },
  },
  SANDBOX_BUILD: {
    name: 'warning-sandbox-build',
    async prepare(stage) {
      await openAfter(stage, '/admin/activity', api => api.license())
      await expect(stage.page.getByRole('complementary', { name: 'Kind of build' })).toBeVisible()
    },
  },
}
