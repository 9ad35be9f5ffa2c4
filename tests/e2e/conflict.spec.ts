import type { ApiClient } from '../support/api-client.ts'
import { signIn } from '../support/api-client.ts'
import { expect, test, useSession } from '../support/browser/fixtures.ts'
import { comeBack, expectFailure, expectMethod, expectState, lookAway, openLicense, replaceDialogOf, saveCredential } from '../support/browser/screen.ts'

const SECOND = { email: 'second@example.com', password: 'second admin 1' }
const NOTE = 'The page now shows the current state. Look at it, and try again if you still want to.'

async function addAdmin(api: ApiClient, url: string): Promise<ApiClient> {
  expect((await api.request('POST', '/api/users', { ...SECOND, role: 'admin' })).status).toBe(201)
  return signIn(url, SECOND)
}

test('when two administrators save over the same state, the second is told and sees the new one', async ({ licensePage: page, openPage, product, api, licenseServer }) => {
  await lookAway(page)
  const other = await openPage(product)
  await useSession(other, product, await addAdmin(api, product.url))
  const { key } = await licenseServer.control.createLicense({ method: 'standard', organization: 'First Come' })
  await openLicense(other, product)
  await saveCredential(other, key)
  await expectState(other, 'active')
  await saveCredential(page, 'nc_ag_demo_airgapped')
  const alert = await expectFailure(page, 'CONFLICT')
  await expect(alert).toContainText(NOTE)
  await expectState(page, 'active')
  await expect(page.getByText('First Come')).toBeVisible()
  expect((await api.license()).method).toBe('standard')

  await page.getByTestId('save').click()
  await replaceDialogOf(page).getByRole('button', { name: 'Replace license' }).click()
  await expectMethod(page, 'airgapped')
  // The alert goes as soon as the second save begins.
  await expect.poll(async () => (await api.license()).method).toBe('airgapped')
  await expect(page.getByRole('alert')).toHaveCount(0)
})

for (const looks of [false, true]) test(`a removal over a state that has changed since the question is refused too${looks ? ', where the page knows of it already' : ''}`, async ({ licensePage: page, api }) => {
  await api.save('nc_demo_standard')
  await page.reload()
  await expectState(page, 'active')
  await page.getByRole('button', { name: 'Remove license' }).click()
  await expect(page.getByRole('dialog')).toBeVisible()
  await lookAway(page)
  await api.save('nc_ag_demo_airgapped')
  if (looks) {
    await comeBack(page)
    await expectMethod(page, 'airgapped')
  }
  await page.getByRole('dialog').getByRole('button', { name: 'Remove license' }).click()
  await expectFailure(page, 'CONFLICT')
  await expectState(page, 'active')
  expect((await api.license()).method).toBe('airgapped')
})

test('a change made elsewhere shows on an open page when it is looked at again', async ({ licensePage: page, api }) => {
  await expectState(page, 'unlicensed')
  await api.save('nc_demo_standard')
  await comeBack(page)
  await expectState(page, 'active')
})
