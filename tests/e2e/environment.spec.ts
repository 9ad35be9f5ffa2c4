import { signIn } from '../support/api-client.ts'
import { expect, leave, test, useSession } from '../support/browser/fixtures.ts'
import { checkInButtonOf, expectCause, expectState, fieldOf, openLicense, sentenceOf, statusOf, warningsOf } from '../support/browser/screen.ts'

const REASON = 'NC_LICENSE_KEY in the environment of this server sets this license'

test.describe('a key in NC_LICENSE_KEY', () => {
  test.use({ productOptions: { env: { NC_LICENSE_KEY: 'nc_demo_standard' } } })

  test('is active after the start and cannot be changed here, which the page explains', async ({ licensePage: page, api }) => {
    await expectState(page, 'active')
    await expect(statusOf(page)).toContainText(REASON)
    await expect(page.getByTestId('save')).toHaveCount(0)
    await expect(page.getByRole('button', { name: /^(Replace|Remove) license$/ })).toHaveCount(0)
    await expect(checkInButtonOf(page)).toBeVisible()
    await expect(fieldOf(page)).toHaveCount(0)
    expect((await api.save('nc_demo_expiring')).error?.code).toBe('MANAGED_BY_ENV')
    expect((await api.remove()).error?.code).toBe('MANAGED_BY_ENV')
    expect((await api.license()).warnings.map(({ code }) => code)).toEqual(['SANDBOX_BUILD'])
  })

  test('stays when the variable is unset, and is managed on the page again', async ({ licensePage: page, product, launch }) => {
    await expectState(page, 'active')
    await leave(page)
    await openLicense(page, await launch.restart(product, { NC_LICENSE_KEY: undefined }))
    await expectState(page, 'active')
    await expect(statusOf(page)).not.toContainText(REASON)
    await expect(page.getByRole('button', { name: 'Replace license' })).toBeVisible()
    await expect(page.getByRole('button', { name: 'Remove license' })).toBeVisible()
  })

  test('that cannot be applied leaves the license in force and warns with a reference', async ({ licensePage: page, api, product, launch }) => {
    await expectState(page, 'active')
    await leave(page)
    const again = await launch.restart(product, { NC_LICENSE_KEY: 'nc_demo_revoked' })
    await api.waitFor(({ warnings }) => warnings.some(({ code }) => code === 'ENV_DIFFERS'))
    await openLicense(page, again)
    await expectState(page, 'active')
    await expect(statusOf(page).getByRole('heading', { name: 'The value of NC_LICENSE_KEY could not be applied' })).toBeVisible()
    await expect(statusOf(page)).toContainText('The previous license stays in force. Correct NC_LICENSE_KEY')
    await expectCause(statusOf(page), 'revoked')
    await expect(statusOf(page).getByTestId('reference')).toHaveText('NCL-104')
    await expect(warningsOf(page)).toHaveCount(0)
    expect(again.output()).not.toContain('nc_demo_revoked')
  })
})

test('a key in NC_LICENSE_KEY that cannot be applied because nobody answers is tried again by itself, which the page says in place of what would not help', async ({ licenseServer, launch, openPage }) => {
  test.slow()
  await licenseServer.kill()
  const product = await launch.product({ licenseServerUrl: licenseServer.url, env: { NC_LICENSE_KEY: 'nc_demo_standard' } })
  const api = await signIn(product.url)
  await api.waitFor(({ warnings }) => warnings.some(({ code }) => code === 'ENV_DIFFERS'))
  const page = await openPage(product)
  await useSession(page, product, api)
  await openLicense(page, product)
  await expectState(page, 'unlicensed')
  await expect(sentenceOf(page)).toHaveText('This installation runs the Community Edition: the license in NC_LICENSE_KEY is not in force.')
  await expect(statusOf(page)).toContainText('No license is in force. This server tries again by itself; no restart is needed.')
  await expect(statusOf(page)).not.toContainText('Correct NC_LICENSE_KEY')
  await expectCause(statusOf(page), 'refused')
  await launch.licenseServer(licenseServer.port)
  // The fifth try comes up to 82 s after the start, and the page looks every 15 s.
  await expectState(page, 'active', 150_000)
})
