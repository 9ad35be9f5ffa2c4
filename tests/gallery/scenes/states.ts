import { expect } from '@playwright/test'
import type { LicenseState } from '../../../shared/contracts.ts'
import type { CreateLicense, LicenseStatus } from '../../support/vendor/control-protocol.ts'
import { expectState, openLicense } from '../../support/browser/screen.ts'
import { startAfterReboot, startOnChanged } from '../database.ts'
import type { Scene, Stage } from '../scene.ts'
import { daysFromNow, openAfter, openScreen, requireSaved, signInPage } from '../scene.ts'

const HOUR = 3600
const DAY = 24 * HOUR

/** Shows a license that was activated `ago` seconds ago, after which the license server was not heard of. */
async function showAfter(stage: Stage, state: LicenseState, ago: number, terms: Partial<CreateLicense> = {}): Promise<void> {
  const { page, product, licenseServer: { control } } = stage
  const api = await signInPage(stage)
  // The lease's time becomes the product's until it is started again: that is how it can be an old one.
  await control.setClock(-ago)
  const { key } = await control.createLicense({ method: 'standard', exp: daysFromNow(300), ...terms })
  await requireSaved(api, key)
  await control.setClock(0)
  await control.addFault({ call: 'checkIn', fault: { type: 'status', status: 503 } })
  await startAfterReboot(stage)
  await openLicense(page, product)
  await expectState(page, state, 30_000)
}

/** Shows a license on which the vendor has passed a verdict. */
async function showVerdict(stage: Stage, state: LicenseState, status: LicenseStatus, reason?: string): Promise<void> {
  const { control } = stage.licenseServer
  await openAfter(stage, '/admin/license', async (api) => {
    const { key } = await control.createLicense({ method: 'standard' })
    await requireSaved(api, key)
    await control.changeLicense(key, { status, ...(reason ? { reason } : {}) })
    await api.checkIn()
  })
  await expectState(stage.page, state)
}

async function showEdited(stage: Stage): Promise<void> {
  const { page, product } = stage
  await requireSaved(await signInPage(stage), 'nc_demo_standard')
  await startOnChanged(stage, 'UPDATE license SET lease = replace(lease, substr(lease, -20, 4), \'AAAA\')')
  await openLicense(page, product)
  await expectState(page, 'invalid')
}

/** Every state of a license, as a standard license meets it. */
export const STATE_SCENES: Record<LicenseState, Scene> = {
  unlicensed: { name: 'state-unlicensed', prepare: async (stage) => { await openScreen(stage) } },
  active: {
    name: 'state-active',
    async prepare(stage) {
      await openAfter(stage, '/admin/license', async (api) => {
        await requireSaved(api, 'nc_demo_standard')
        await api.checkIn()
      })
      await expectState(stage.page, 'active')
      await expect(stage.page.locator('#status rect.good')).toHaveCount(1)
    },
  },
  grace: { name: 'state-grace', prepare: stage => showAfter(stage, 'grace', 3 * DAY) },
  paused: { name: 'state-paused', prepare: stage => showAfter(stage, 'paused', 9 * DAY) },
  expired: { name: 'state-expired', prepare: stage => showAfter(stage, 'expired', 5 * DAY, { exp: daysFromNow(-2), renews: false }) },
  revoked: { name: 'state-revoked', prepare: stage => showVerdict(stage, 'revoked', 'revoked', 'Refunded on request, ticket 4711') },
  suspended: { name: 'state-suspended', prepare: stage => showVerdict(stage, 'suspended', 'suspended', 'Invoice 4711 is open') },
  mismatch: { name: 'state-mismatch', prepare: stage => showVerdict(stage, 'mismatch', 'bound_elsewhere') },
  invalid: { name: 'state-invalid', prepare: showEdited },
}
