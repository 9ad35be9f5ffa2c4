import type { Page } from '@playwright/test'
import { ADMIN } from '../support/product-process.ts'
import { expect, test } from '../support/browser/fixtures.ts'
import { focusOf, pressOn, tabTo, walk } from '../support/browser/focus.ts'
import { badgeOf, expectState, expectUsable, openLicense, openPath, signInByForm } from '../support/browser/screen.ts'

/* Somebody who has a keyboard and no mouse: signing in and out, and accounts. */

const PERSON = { email: 'person@example.com', password: 'first password 1' }
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })
const statusSays = (page: Page, text: string | RegExp) => page.getByRole('status').filter({ hasText: text })

async function type(page: Page, label: string, text: string): Promise<void> {
  await tabTo(page, page.getByLabel(label, { exact: true }))
  await page.keyboard.press('ControlOrMeta+a')
  await page.keyboard.type(text)
}

test('signing in goes from field to field, says what was wrong and keeps the place', async ({ page, product }) => {
  await openPath(page, product, '/login')
  await expect(page.getByLabel('E-mail')).toBeFocused()
  const names = (await walk(page)).map(({ name }) => name)
  expect(names.slice(0, 3)).toEqual(['password', 'Sign in', 'Language'])
  await type(page, 'E-mail', ADMIN.email)
  await page.keyboard.press('Tab')
  await page.keyboard.type('not the password')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('alert').and(page.getByTestId('notice'))).toHaveAttribute('data-code', 'UNAUTHENTICATED')
  await expect(page.getByLabel('Password')).toBeFocused()
  await page.keyboard.press('ControlOrMeta+a')
  await page.keyboard.type(ADMIN.password)
  await page.keyboard.press('Enter')
  await expectState(page, 'unlicensed')
})

test('accounts are added, promoted, given a password and removed', async ({ page, product }) => {
  await signInByForm(page, product)
  await openPath(page, product, '/admin/access')
  await type(page, 'First password', PERSON.password)
  await tabTo(page, page.locator('#new-email'), 'Shift+Tab')
  await page.keyboard.type(PERSON.email)
  await pressOn(page, page.getByRole('radio', { name: /^Viewer/ }), 'ArrowDown')
  await expect(page.getByRole('radio', { name: /^Administrator/ })).toBeChecked()
  await page.keyboard.press('ArrowUp')
  await pressOn(page, button(page, 'Add account'))
  await expect(statusSays(page, `${PERSON.email} was added.`)).toBeVisible()
  await expect(page.locator('#new-email')).toBeFocused()

  const role = page.getByLabel(`Role of ${PERSON.email}`)
  await tabTo(page, role, 'Shift+Tab')
  await page.keyboard.press('ArrowUp')
  const promotion = page.getByRole('dialog', { name: `Make ${PERSON.email} an administrator?` })
  await expect(promotion.getByRole('button', { name: 'Cancel' })).toBeFocused()
  await page.keyboard.press('Escape')
  await expect(promotion).toBeHidden()
  await expect(role).toBeFocused()
  await expect(role).toHaveValue('viewer')
  await page.keyboard.press('ArrowUp')
  await pressOn(page, promotion.getByRole('button', { name: 'Make administrator' }))
  await expect(statusSays(page, `${PERSON.email} is now Administrator.`)).toBeVisible()
  await expect(role).toBeFocused()
  await expect(role).toHaveValue('admin')

  const reset = button(page, `Reset password: ${PERSON.email}`)
  await pressOn(page, reset)
  await expect(page.getByRole('dialog').getByLabel('New password')).toBeFocused()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toBeHidden()
  await expect(reset).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('dialog').getByLabel('New password')).toBeFocused()
  const resets: string[] = []
  page.on('request', request => request.method() === 'PATCH' && resets.push(request.url()))
  await page.keyboard.type('second password 2')
  await page.keyboard.press('Enter')
  await expect(statusSays(page, `The password of ${PERSON.email} was reset.`)).toBeVisible()
  await expect(reset).toBeFocused()
  expect(resets).toHaveLength(1)

  await pressOn(page, button(page, `Remove: ${PERSON.email}`))
  const dialog = page.getByRole('dialog', { name: `Remove ${PERSON.email}?` })
  await expect(dialog.getByRole('button', { name: 'Cancel' })).toBeFocused()
  await pressOn(page, dialog.getByRole('button', { name: 'Remove' }))
  await expect(statusSays(page, `${PERSON.email} was removed.`)).toBeVisible()
  await expect.poll(async () => (await focusOf(page))?.isInMain).toBe(true)
})

test('one\'s own password is changed; a wrong one is announced at its field', async ({ page, product }) => {
  await signInByForm(page, product)
  await openPath(page, product, '/admin/access')
  await type(page, 'Current password', 'not the password')
  await type(page, 'New password', 'a brand new password')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('alert')).toHaveText('The current password is wrong.')
  await expect(page.getByLabel('New password')).toBeFocused()
  await tabTo(page, page.getByLabel('Current password'), 'Shift+Tab')
  await page.keyboard.press('ControlOrMeta+a')
  await page.keyboard.type(ADMIN.password)
  await page.keyboard.press('Enter')
  await expect(statusSays(page, 'Your password was changed.')).toBeVisible()
  await expect(page.getByLabel('Current password')).toBeFocused()
})

test('signing out ends at the sign-in page, and a change of the license meanwhile is announced', async ({ licensePage: page, api, product }) => {
  await openLicense(page, product)
  await api.save('nc_demo_standard')
  await expect(statusSays(page, 'License status changed: Enterprise is on.')).toBeAttached({ timeout: 30_000 })
  await expect(badgeOf(page)).toHaveText('Active')
  await expectUsable(page)
  await pressOn(page, button(page, 'Sign out'))
  await expect(page).toHaveURL(/\/login$/)
})
