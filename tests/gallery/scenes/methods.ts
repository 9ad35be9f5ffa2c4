import { expect } from '@playwright/test'
import { expectState, openLicense, openWay, wayOf } from '../../support/browser/screen.ts'
import { startAfterReboot } from '../database.ts'
import type { Scene, Stage } from '../scene.ts'
import { daysFromNow, openAfter, openScreen, requireSaved, signInPage, tokenFor } from '../scene.ts'

async function showOfflineExpired(stage: Stage): Promise<void> {
  const { page, product, licenseServer: { control } } = stage
  const api = await signInPage(stage)
  const { instanceId } = await api.license()
  await requireSaved(api, await control.issueToken({ instance_id: instanceId, claims: { exp: Math.floor(Date.now() / 1000) + 15 } }))
  await openLicense(page, product)
  await expectState(page, 'expired', 45_000)
}

async function showAirgappedExpired(stage: Stage): Promise<void> {
  const { page, product, licenseServer: { control } } = stage
  const api = await signInPage(stage)
  await control.setClock(-30 * 86_400)
  const { key } = await control.createLicense({ method: 'airgapped', exp: daysFromNow(-3) })
  await requireSaved(api, key)
  await control.addFault({ call: 'renew', fault: { type: 'reset' } })
  await startAfterReboot(stage)
  await openLicense(page, product)
  await expectState(page, 'expired', 30_000)
}

/** The three methods: their guides, and what the screen says once a license of theirs is there. */
export const METHOD_SCENES: readonly Scene[] = [
  {
    name: 'airgapped-active',
    async prepare(stage) {
      await openAfter(stage, '/admin/license?method=airgapped', api => requireSaved(api, 'nc_ag_demo_airgapped'))
      await expect(stage.page.getByText('You can remove internet access from this server now.')).toBeVisible()
    },
  },
  {
    name: 'airgapped-expiring',
    async prepare(stage) {
      await openAfter(stage, '/admin/license', api => requireSaved(api, 'nc_ag_demo_expiring'))
      await expectState(stage.page, 'active')
    },
  },
  { name: 'airgapped-expired', prepare: showAirgappedExpired },
  {
    name: 'offline-active',
    async prepare(stage) {
      await openAfter(stage, '/admin/license', async api => requireSaved(api, await tokenFor(stage, api)))
      await expectState(stage.page, 'active')
    },
  },
  { name: 'offline-expired', prepare: showOfflineExpired },
  {
    name: 'offline-request',
    async prepare(stage) {
      await openScreen(stage)
      await openWay(stage.page, 'offline')
      await expect(stage.page.getByLabel('Message', { exact: true })).toHaveValue(/Instance ID: /)
    },
  },
  {
    name: 'airgapped-guide',
    async prepare(stage) {
      await openScreen(stage)
      await openWay(stage.page, 'airgapped')
      await expect(wayOf(stage.page, 'airgapped').getByRole('listitem')).toHaveCount(4)
    },
  },
]
