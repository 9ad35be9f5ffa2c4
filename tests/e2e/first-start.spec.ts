import { createApiClient } from '../support/api-client.ts'
import { ADMIN } from '../support/product-process.ts'
import { expect, test, useSession } from '../support/browser/fixtures.ts'
import { badgeOf, expectState, expectUsable, fillLogin, openLicense, openPath, signInByForm } from '../support/browser/screen.ts'

function setUpLink(output: string): string {
  const link = /https?:\/\/[^\s"]+\/setup#token=[\w-]+/.exec(output)?.[0]
  if (!link) throw new Error(`no set-up link in the log:\n${output}`)
  return link
}

test.describe('a first start without NC_ADMIN_EMAIL', () => {
  test.use({ productOptions: { env: { NC_ADMIN_EMAIL: undefined, NC_ADMIN_PASSWORD: undefined } } })

  test('the set-up link from the log makes the first administrator, once', async ({ page, openPage, product }) => {
    const link = setUpLink(product.output())
    await page.goto(link)
    await expectUsable(page)
    await expect(page).toHaveURL(/\/setup$/)
    await page.getByLabel('E-mail').fill('first@example.com')
    await page.getByLabel('Password', { exact: true }).fill('short')
    await page.getByRole('button', { name: 'Create account' }).click()
    await expect(page).toHaveURL(/\/setup$/)
    await page.getByLabel('Password', { exact: true }).fill('the first password')
    await page.getByRole('button', { name: 'Create account' }).click()

    await expect(page).toHaveURL(/\/admin\/license$/)
    await expectState(page, 'unlicensed')
    await expect(badgeOf(page)).toHaveText('Community Edition')
    await expect(page.getByText('This installation runs the Community Edition.')).toBeVisible()

    const second = await openPage(product)
    await second.goto(link)
    await expectUsable(second)
    await second.getByLabel('E-mail').fill('second@example.com')
    await second.getByLabel('Password', { exact: true }).fill('another password')
    await second.getByRole('button', { name: 'Create account' }).click()
    await expect(second.getByRole('alert')).toContainText(/This set-up link is not right or has ended|An administrator exists already/)
    await openPath(second, product, '/login')
    await fillLogin(second, { email: 'second@example.com', password: 'another password' })
    await expect(second.getByRole('alert')).toBeVisible()
    await fillLogin(second, { email: 'first@example.com', password: 'the first password' })
    await expect(second).toHaveURL(/\/admin\/license$/)
  })

  test('a made-up set-up link is refused and changes nothing', async ({ page, product }) => {
    await openPath(page, product, '/setup#token=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA')
    await page.getByLabel('E-mail').fill('first@example.com')
    await page.getByLabel('Password', { exact: true }).fill('the first password')
    await page.getByRole('button', { name: 'Create account' }).click()
    await expect(page.getByRole('alert')).toContainText('This set-up link is not right or has ended.')
    const login = await createApiClient(product.url).request('POST', '/api/auth/login', { email: 'first@example.com', password: 'the first password' })
    expect(login.status).toBe(401)
  })
})

test('a wrong password is reported in plain words, not as somebody who is not signed in, and the right one then works', async ({ page, product }) => {
  await openPath(page, product, '/login')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByRole('alert')).toHaveText('Fill in your e-mail and your password.')
  await fillLogin(page, { ...ADMIN, password: 'not the password' })
  await expect(page.getByRole('alert')).toContainText('E-mail or password is not right.')
  // Its reference would lead to an entry about sessions.
  await expect(page.getByRole('alert')).not.toContainText('NCL-302')
  await fillLogin(page)
  await expect(page).toHaveURL(/\/admin\/license$/)
  await expectState(page, 'unlicensed')
})

test('a deep link leads to the sign-in page and then back', async ({ page, product }) => {
  await openPath(page, product, '/admin/diagnostics')
  await expect(page).toHaveURL(/\/login\?next=/)
  await fillLogin(page)
  await expect(page).toHaveURL(/\/admin\/diagnostics$/)
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Diagnostics')
})

test('a link that would lead to another site after the sign-in is not followed', async ({ page, product }) => {
  await openPath(page, product, '/login?next=//evil.example/admin')
  await fillLogin(page)
  await expect(page).toHaveURL(`${product.url}/admin/license`)
})

test('F73: signing out ends the session: neither the back button nor the old cookie shows the license', async ({ page, openPage, product, api }) => {
  await api.save('nc_demo_standard')
  await signInByForm(page, product)
  await openLicense(page, product)
  await expectState(page, 'active')
  const cookies = await page.context().cookies()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await expect(page).toHaveURL(/\/login$/)
  await page.goBack()
  await expect(page).toHaveURL(/\/login/)
  await expect(page.getByText('Enterprise is on')).toHaveCount(0)

  const thief = await openPage(product)
  await thief.context().addCookies(cookies)
  await openPath(thief, product, '/admin/license')
  await expect(thief).toHaveURL(/\/login/)
  await useSession(thief, product, api)
  await openLicense(thief, product)
  await expectState(thief, 'active')
})

test('an address that does not exist says so and leads back', async ({ page, product, api }) => {
  await useSession(page, product, api)
  await openPath(page, product, '/admin/nowhere')
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('There is no such page')
  await page.getByRole('button', { name: 'Go to the license' }).click()
  await expect(page).toHaveURL(/\/admin\/license$/)
  await expectState(page, 'unlicensed')
})
