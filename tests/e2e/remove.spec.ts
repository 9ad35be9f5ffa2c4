import { expect, test } from '../support/browser/fixtures.ts'
import { activate, expectDone, expectState } from '../support/browser/screen.ts'

test('removing asks first, says what stops, and tells the license server', async ({ licensePage: page, licenseServer }) => {
  const { key } = await licenseServer.control.createLicense({ method: 'standard', features: ['sso', 'scim'] })
  await activate(page, key)
  const remove = page.getByRole('button', { name: 'Remove license', exact: true })
  const dialog = page.getByRole('dialog', { name: 'Remove the license?' })
  await remove.click()
  await expect(dialog).toContainText('These Enterprise features: Single sign-on, SCIM provisioning')
  await expect(dialog).toContainText('All your data, bases, users and settings')
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await expect(dialog).toBeHidden()
  await expectState(page, 'active')
  await expect(remove).toBeFocused()

  await remove.click()
  await expect(dialog.getByRole('button', { name: 'Cancel' })).toBeVisible()
  await expect.poll(() => page.evaluate(() => document.activeElement?.closest('dialog') !== null)).toBe(true)
  await page.keyboard.press('Escape')
  await expect(dialog).toBeHidden()
  await expectState(page, 'active')
  expect((await licenseServer.control.getLicense(key)).deactivations).toBe(0)

  await remove.click()
  await dialog.getByRole('button', { name: 'Remove license' }).click()
  await expectState(page, 'unlicensed')
  await expect(dialog).toBeHidden()
  await expectDone(page, 'remove')
  await expect.poll(async () => (await licenseServer.control.getLicense(key)).boundTo).toEqual([])
})
