import { createApiClient } from '../support/api-client.ts'
import { ADMIN } from '../support/product-process.ts'
import { expect, test, useSession } from '../support/browser/fixtures.ts'
import { expectState, expectUsable, fillLogin, openLicense, openPath, signInByForm } from '../support/browser/screen.ts'

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

    const second = await openPage(product)
    for (const used of [link, link.replace(/#.*/, '')]) {
      await second.goto(used)
      await expectUsable(second)
      await expect(second).toHaveURL(/\/login\?setup=done$/)
      await expect(second.getByRole('status').filter({ hasText: 'Set-up is complete' })).toBeVisible()
      await expect(second.getByRole('button', { name: 'Create account' })).toHaveCount(0)
    }
    await fillLogin(second, { email: 'second@example.com', password: 'another password' })
    await expect(second.getByRole('alert')).toBeVisible()
    await fillLogin(second, { email: 'first@example.com', password: 'the first password' })
    await expect(second).toHaveURL(/\/admin\/license$/)
  })

  test('the sign-in page says that there is no account, how to find the link, and takes it', async ({ page, openPage, product }) => {
    await openPath(page, product, '/login')
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('No account exists yet')
    await expect(page.getByRole('button', { name: 'Sign in' })).toHaveCount(0)
    const command = await page.locator('code').innerText()
    const wanted = /grep "(.+)"$/.exec(command)?.[1] ?? command
    const lines = product.output().split('\n').filter(line => line.includes(wanted))
    expect(lines).toHaveLength(1)
    expect(await page.content()).not.toContain(setUpLink(product.output()).split('#token=')[1])

    await page.getByLabel('Set-up link or code').fill('http://localhost/setup')
    await page.getByRole('button', { name: 'Continue' }).click()
    await expect(page.getByRole('alert')).toHaveText('Paste the whole link, or only the part after “#token=”.')
    await expect(page).toHaveURL(/\/login$/)
    const late = await openPage(product)
    await openPath(late, product, '/login')

    await page.getByLabel('Set-up link or code').fill(lines[0] ?? '')
    await page.getByLabel('Set-up link or code').press('Enter')
    await expect(page).toHaveURL(/\/setup$/)
    await page.getByLabel('E-mail').fill('first@example.com')
    await page.getByLabel('Password', { exact: true }).fill('the first password')
    await page.getByRole('button', { name: 'Create account' }).click()
    await expect(page).toHaveURL(/\/admin\/license$/)

    await late.getByLabel('Set-up link or code').fill(lines[0] ?? '')
    await late.getByLabel('Set-up link or code').press('Enter')
    await expect(late.getByRole('status').filter({ hasText: 'Set-up is complete' })).toBeVisible()
    await fillLogin(late, { email: 'first@example.com', password: 'the first password' })
    await expect(late).toHaveURL(/\/admin\/license$/)
  })

  test('somebody who is too late with a good link is led to signing in', async ({ page, product }) => {
    const link = setUpLink(product.output())
    await page.goto(link)
    await expectUsable(page)
    const first = { email: 'first@example.com', password: 'the first password' }
    const { status } = await createApiClient(product.url).request('POST', '/api/auth/setup', { ...first, token: link.split('#token=')[1] })
    expect(status).toBe(200)
    await page.getByLabel('E-mail').fill('second@example.com')
    await page.getByLabel('Password', { exact: true }).fill('another password')
    await page.getByRole('button', { name: 'Create account' }).click()
    await expect(page).toHaveURL(/\/login\?setup=done$/)
    await expect(page.getByRole('status').filter({ hasText: 'Set-up is complete' })).toBeVisible()
  })

  test('a made-up set-up link is refused and changes nothing; the right one can be pasted in its place', async ({ page, product }) => {
    await openPath(page, product, '/setup#token=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA')
    await page.getByLabel('E-mail').fill('first@example.com')
    await page.getByLabel('Password', { exact: true }).fill('the first password')
    await page.getByRole('button', { name: 'Create account' }).click()
    await expect(page.getByRole('alert')).toContainText('This set-up link or code is wrong, or more than an hour old.')
    const login = await createApiClient(product.url).request('POST', '/api/auth/login', { email: 'first@example.com', password: 'the first password' })
    expect(login.status).toBe(401)
    await page.getByLabel('Set-up link or code').fill(setUpLink(product.output()))
    await page.getByRole('button', { name: 'Create account' }).click()
    await expect(page).toHaveURL(/\/admin\/license$/)
  })
})

test('a wrong password is reported in plain words, not as somebody who is not signed in, and the right one then works', async ({ page, product }) => {
  await openPath(page, product, '/login')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByRole('alert')).toHaveText('Enter your e-mail and your password.')
  await fillLogin(page, { ...ADMIN, password: 'not the password' })
  await expect(page.getByRole('alert')).toContainText('The e-mail or the password is wrong.')
  // Its reference would lead to an entry about sessions.
  await expect(page.getByRole('alert')).not.toContainText('NCL-302')
  await fillLogin(page)
  await expect(page).toHaveURL(/\/admin\/license$/)
  await expectState(page, 'unlicensed')
})

test('a deep link leads to the sign-in page and then back, with what it asks for', async ({ page, product }) => {
  await openPath(page, product, '/admin/activity?kind=accounts')
  await expect(page).toHaveURL(/\/login\?next=/)
  await fillLogin(page)
  await expect(page).toHaveURL(`${product.url}/admin/activity?kind=accounts`)
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Activity')
  await expect(page.getByTestId('activity-filter')).toHaveValue('accounts')
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
