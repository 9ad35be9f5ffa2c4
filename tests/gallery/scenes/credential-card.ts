import { expect } from '@playwright/test'
import { signIn } from '../../support/api-client.ts'
import { useSession } from '../../support/browser/fixtures.ts'
import { expectState, fillField, openLicense, replaceDialogOf, saveCredential } from '../../support/browser/screen.ts'
import type { Scene, Stage } from '../scene.ts'
import { daysFromNow, openAfter, openScreen, requireSaved, signInPage, tokenFor } from '../scene.ts'

const VIEWER = { email: 'viewer@example.com', password: 'viewer password 1' }

/** Pastes a token on an installation that has an offline license, which is judged at once. */
async function pasteToken(stage: Stage, claims: Record<string, unknown>, outcome: string): Promise<void> {
  const api = await openAfter(stage, '/admin/license', async script => requireSaved(script, await tokenFor(stage, script)))
  await fillField(stage.page, await tokenFor(stage, api, claims))
  await expect(stage.page.getByText(outcome)).toBeVisible()
}
const VALID = 'This token is for this installation and is valid until'

async function askToReplace(stage: Stage): Promise<void> {
  await stage.page.getByRole('button', { name: 'Save', exact: true }).click()
  await expect(replaceDialogOf(stage.page).getByRole('button', { name: 'Cancel' })).toBeVisible()
}

/** What an administrator does with a credential, and who may not. */
export const CREDENTIAL_CARD_SCENES: readonly Scene[] = [
  {
    name: 'preview-token-accepted',
    prepare: stage => pasteToken(stage, { seats: 500, exp: daysFromNow(500) }, VALID),
  },
  {
    name: 'preview-token-less',
    prepare: stage => pasteToken(stage, { seats: 500, features: ['sso', 'scim', 'teams', 'extensions'] }, VALID),
  },
  {
    name: 'preview-token-refused',
    prepare: stage => pasteToken(stage, { instance_id: '0123456789abcdef'.repeat(2) }, 'This would be refused.'),
  },
  {
    name: 'preview-key',
    async prepare(stage) {
      await openAfter(stage, '/admin/license', api => requireSaved(api, 'nc_demo_standard'))
      await fillField(stage.page, 'nc_ag_demo_airgapped')
      await stage.page.getByRole('button', { name: 'Preview' }).click()
      await expect(stage.page.getByText('The license server decides when you save')).toBeVisible()
    },
  },
  {
    name: 'saving',
    fleeting: true,
    async prepare(stage) {
      await openScreen(stage)
      await stage.licenseServer.control.addFault({ call: 'activate', times: 1, fault: { type: 'hang' } })
      await saveCredential(stage.page, 'nc_demo_standard')
      await expect(stage.page.locator('[aria-current=step]')).toHaveText('Contacting the license server', { timeout: 30_000 })
    },
  },
  {
    name: 'saving-nothing',
    async prepare(stage) {
      await openScreen(stage)
      await saveCredential(stage.page, '')
      await expect(stage.page.getByText('Paste a license key or token first.')).toBeVisible()
    },
  },
  {
    name: 'replace-dialog-less',
    async prepare(stage) {
      await pasteToken(stage, { seats: 10, exp: daysFromNow(40), features: ['sso', 'scim', 'teams', 'extensions'] }, VALID)
      await askToReplace(stage)
    },
  },
  {
    name: 'replace-dialog-key',
    async prepare(stage) {
      await openAfter(stage, '/admin/license', api => requireSaved(api, 'nc_demo_standard'))
      await fillField(stage.page, 'nc_ag_demo_airgapped')
      await askToReplace(stage)
    },
  },
  {
    name: 'put-back',
    async prepare(stage) {
      await openAfter(stage, '/admin/license', async api => requireSaved(api, await tokenFor(stage, api)))
      await saveCredential(stage.page, 'nc_ag_demo_airgapped')
      await expect(stage.page.getByTestId('put-back')).toBeVisible()
    },
  },
  {
    name: 'file-too-large',
    async prepare(stage) {
      await openScreen(stage)
      await stage.page.getByTestId('credential-file').setInputFiles({ name: 'token.txt', mimeType: 'text/plain', buffer: Buffer.alloc(65_537, 'x') })
      await expect(stage.page.getByText('This file is too large for a license')).toBeVisible()
    },
  },
  {
    name: 'remove-dialog',
    async prepare(stage) {
      await openAfter(stage, '/admin/license', api => requireSaved(api, 'nc_demo_standard'))
      await stage.page.getByRole('button', { name: 'Remove license' }).click()
      await expect(stage.page.getByRole('dialog').getByRole('button', { name: 'Cancel' })).toBeVisible()
    },
  },
  {
    name: 'viewer',
    async prepare(stage) {
      const { page, product } = stage
      const api = await signInPage(stage)
      await requireSaved(api, 'nc_demo_standard')
      await api.request('POST', '/api/users', { ...VIEWER, role: 'viewer' })
      await useSession(page, product, await signIn(product.url, VIEWER))
      await openLicense(page, product)
      await expect(page.getByText('You are a viewer')).toBeVisible()
    },
  },
  {
    name: 'managed-by-environment',
    productOptions: { env: { NC_LICENSE_KEY: 'nc_demo_standard' } },
    async prepare(stage) {
      const api = await signInPage(stage)
      await api.waitFor(({ state }) => state === 'active')
      await openLicense(stage.page, stage.product)
      await expectState(stage.page, 'active')
    },
  },
]
