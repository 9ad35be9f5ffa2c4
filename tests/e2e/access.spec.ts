import type { Page } from '@playwright/test'
import type { User } from '../../shared/contracts.ts'
import type { ApiClient } from '../support/api-client.ts'
import { signIn } from '../support/api-client.ts'
import { ADMIN } from '../support/product-process.ts'
import { expect, leave, test } from '../support/browser/fixtures.ts'
import { expectState, fillLogin, openPath, signInByForm } from '../support/browser/screen.ts'

const PERSON = { email: 'person@example.com', password: 'first password 1' }
const rowOf = (page: Page, email: string) => page.getByRole('region', { name: 'Accounts' }).getByRole('listitem').filter({ hasText: email })

async function roleOf(api: ApiClient, email: string): Promise<string | undefined> {
  const { body: { users } } = await api.request<{ users: User[] }>('GET', '/api/users')
  return users.find(user => user.email === email)?.role
}

async function addViewer(page: Page): Promise<void> {
  const form = page.getByRole('region', { name: 'Add an account' })
  await form.getByRole('textbox', { name: 'E-mail' }).fill(PERSON.email)
  await form.getByLabel('First password').fill(PERSON.password)
  await form.getByRole('radio', { name: /^Viewer/ }).check()
  await form.getByRole('button', { name: 'Add account' }).click()
  await expect(page.getByRole('status').filter({ hasText: `${PERSON.email} was added.` })).toBeVisible()
}

test('an account is added, promoted, given a new password and removed; each ends its sessions', async ({ page, openPage, product, api }) => {
  await signInByForm(page, product)
  await openPath(page, product, '/admin/access')
  await addViewer(page)
  await expect(rowOf(page, PERSON.email)).toContainText('Last seen: Never')

  const other = await openPage(product)
  await signInByForm(other, product, PERSON)
  // An open page would notice by itself, amid what is asked of it next.
  await leave(other)
  const role = page.getByLabel(`Role of ${PERSON.email}`)
  await role.selectOption({ label: 'Administrator' })
  const confirmation = page.getByRole('dialog', { name: `Make ${PERSON.email} an administrator?` })
  await expect(confirmation).toContainText('Sees and changes everything.')
  await expect(role).toHaveValue('viewer')
  await confirmation.getByRole('button', { name: 'Cancel' }).click()
  await expect(confirmation).toBeHidden()
  await expect(role).toHaveValue('viewer')
  expect(await roleOf(api, PERSON.email)).toBe('viewer')
  await role.selectOption({ label: 'Administrator' })
  await confirmation.getByRole('button', { name: 'Make administrator' }).click()
  await expect(role).toHaveValue('admin')
  await expect(page.getByRole('status').filter({ hasText: `${PERSON.email} is now Administrator.` })).toBeVisible()
  await openPath(other, product, '/admin/access')
  await expect(other).toHaveURL(/\/login/)
  await fillLogin(other, PERSON)
  await expect(other.getByRole('heading', { level: 1 })).toHaveText('Access')

  await page.getByRole('button', { name: `Reset password: ${PERSON.email}` }).click()
  const dialog = page.getByRole('dialog', { name: `New password for ${PERSON.email}` })
  await dialog.getByLabel('New password').fill('second password 2')
  await dialog.getByRole('button', { name: 'Reset password' }).click()
  await expect(page.getByRole('status').filter({ hasText: `The password of ${PERSON.email} was reset.` })).toBeVisible()
  await expect(dialog).toBeHidden()
  await expect(signIn(product.url, PERSON)).rejects.toThrow('401')
  const client = await signIn(product.url, { ...PERSON, password: 'second password 2' })

  await page.getByRole('button', { name: `Remove: ${PERSON.email}` }).click()
  await page.getByRole('dialog', { name: `Remove ${PERSON.email}?` }).getByRole('button', { name: 'Cancel' }).click()
  await expect(page.getByRole('dialog')).toBeHidden()
  await expect(rowOf(page, PERSON.email)).toBeVisible()
  await page.getByRole('button', { name: `Remove: ${PERSON.email}` }).click()
  await page.getByRole('dialog', { name: `Remove ${PERSON.email}?` }).getByRole('button', { name: 'Remove', exact: true }).click()
  await expect(page.getByRole('status').filter({ hasText: `${PERSON.email} was removed.` })).toBeVisible()
  await expect(rowOf(page, PERSON.email)).toHaveCount(0)
  expect((await client.request('GET', '/api/license')).status).toBe(401)
})

test('the last administrator can\'t be demoted, and an address in use or a short password is refused', async ({ page, product, api }) => {
  await signInByForm(page, product)
  await openPath(page, product, '/admin/access')
  await expect(rowOf(page, ADMIN.email)).toContainText('You')
  await expect(rowOf(page, ADMIN.email).getByRole('button')).toHaveCount(0)
  await page.getByLabel(`Role of ${ADMIN.email}`).selectOption({ label: 'Viewer' })
  await page.getByRole('dialog', { name: `Make ${ADMIN.email} a viewer?` }).getByRole('button', { name: 'Make viewer' }).click()
  await expect(page.getByRole('dialog')).toBeHidden()
  await expect(page.getByRole('alert')).toContainText('this is the last administrator')
  await expect(page.getByLabel(`Role of ${ADMIN.email}`)).toHaveValue('admin')
  expect((await api.request('GET', '/api/users')).status).toBe(200)

  const form = page.getByRole('region', { name: 'Add an account' })
  await form.getByRole('textbox', { name: 'E-mail' }).fill(ADMIN.email)
  for (const refused of ['short', ' '.repeat(10)]) {
    await form.getByLabel('First password').fill(refused)
    await form.getByRole('button', { name: 'Add account' }).click()
    await expect(form).toContainText('The password must have 10 to 256 characters, not only spaces.')
  }
  await form.getByLabel('First password').fill('long enough now')
  await form.getByRole('button', { name: 'Add account' }).click()
  await expect(page.getByRole('alert')).toContainText('the e-mail address is already in use')
})

test('what was done is said until the next thing is tried, whatever comes of that', async ({ page, product }) => {
  await signInByForm(page, product)
  await openPath(page, product, '/admin/access')
  const said = page.getByTestId('notice')
  await addViewer(page)
  await expect(said).toHaveText(`${PERSON.email} was added.`)
  const form = page.getByRole('region', { name: 'Add an account' })
  await form.getByRole('textbox', { name: 'E-mail' }).fill(PERSON.email)
  await form.getByLabel('First password').fill(PERSON.password)
  await form.getByRole('button', { name: 'Add account' }).click()
  await expect(said.and(page.locator('[data-code=CONFLICT]'))).toBeVisible()
  await expect(said).toHaveCount(1)
})

test('another administrator is made a viewer only after a confirmation', async ({ page, product, api }) => {
  await api.request('POST', '/api/users', { ...PERSON, role: 'admin' })
  await signInByForm(page, product)
  await openPath(page, product, '/admin/access')
  const role = page.getByLabel(`Role of ${PERSON.email}`)
  await role.selectOption({ label: 'Viewer' })
  const confirmation = page.getByRole('dialog', { name: `Make ${PERSON.email} a viewer?` })
  await expect(confirmation).toContainText('changes nothing')
  await page.keyboard.press('Escape')
  await expect(confirmation).toBeHidden()
  await expect(role).toHaveValue('admin')
  expect(await roleOf(api, PERSON.email)).toBe('admin')
  await role.selectOption({ label: 'Viewer' })
  await confirmation.getByRole('button', { name: 'Make viewer' }).click()
  await expect(page.getByRole('status').filter({ hasText: `${PERSON.email} is now Viewer.` })).toBeVisible()
  await expect(role).toHaveValue('viewer')
  expect(await roleOf(api, PERSON.email)).toBe('viewer')
})

test('people change their own password, which ends their other sessions', async ({ page, product, api }) => {
  await signInByForm(page, product)
  await openPath(page, product, '/admin/access')
  const form = page.getByRole('region', { name: 'Your password' })
  await form.getByLabel('Current password').fill('not the password')
  await form.getByLabel('New password').fill('a brand new password')
  await form.getByRole('button', { name: 'Change password' }).click()
  await expect(form.getByRole('alert')).toHaveText('The current password is wrong.')
  await form.getByLabel('Current password').fill(ADMIN.password)
  await form.getByRole('button', { name: 'Change password' }).click()
  await expect(page.getByRole('status').filter({ hasText: 'Your password was changed.' })).toBeVisible()
  expect((await api.request('GET', '/api/license')).status).toBe(401)
  await openPath(page, product, '/admin/license')
  await expectState(page, 'unlicensed')
  await expect(signIn(product.url)).rejects.toThrow('401')
  await signIn(product.url, { ...ADMIN, password: 'a brand new password' })
})
