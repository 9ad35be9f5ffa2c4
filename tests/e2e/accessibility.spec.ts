import AxeBuilder from '@axe-core/playwright'
import type { Locator } from '@playwright/test'
import { expect, test, useSession } from '../support/browser/fixtures.ts'
import { checkInNow, expectNoHorizontalScroll, expectState, fillField, openLicense, openPath, statusOf } from '../support/browser/screen.ts'

/* That axe finds nothing in any state, place or error is the gallery's business (tests/gallery). */

test('without JavaScript the pages show what they can and say what they cannot', async ({ openPage, product, api }) => {
  await api.save('nc_demo_standard')
  const page = await openPage(product, { javaScriptEnabled: false })
  const notice = page.locator('noscript')
  await page.goto(`${product.url}/login`)
  await expect(notice).toBeVisible()
  await expect(notice).toContainText('turn JavaScript on', { useInnerText: true })
  await useSession(page, product, api)
  await page.goto(`${product.url}/admin/license`)
  await expect(notice).toBeVisible()
  await expect(notice).toContainText('To change anything, turn JavaScript on.', { useInnerText: true })
  await expectState(page, 'active')
  await expect(page.getByText('Acme Robotics')).toBeVisible()
})

test('F07: what the vendor wrote is shown as text, however long and whatever it contains', async ({ licensePage: page, product, api, licenseServer }) => {
  const markup = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>{{ 1+1 }}'
  const organization = markup + 'Ä'.repeat(10_000 - markup.length)
  const { key } = await licenseServer.control.createLicense({
    method: 'standard', organization, plan: `<b>${'w'.repeat(3000)}`, features: ['sso', markup],
  })
  await api.save(key)
  await page.setViewportSize({ width: 390, height: 844 })
  await openLicense(page, product)
  await expectState(page, 'active')
  const details = page.getByRole('region', { name: 'License details' })
  await expect(details).toContainText('<img src=x onerror="window.pwned=1">')
  await expectNoHorizontalScroll(page)
  await details.getByRole('button', { name: 'Show all' }).nth(1).click()
  await expect(details).toContainText(organization)
  await expectNoHorizontalScroll(page)
  expect(await page.evaluate(() => Reflect.get(window, 'pwned'))).toBeUndefined()
  await expect(page.locator('main img, main script')).toHaveCount(0)
  await openPath(page, product, '/admin/activity')
  await expectNoHorizontalScroll(page)
})

test('F07: quotes, escapes, line breaks and scripts in what the vendor signed create no element, no dialog and no other text', async ({ licensePage: page, product, api, licenseServer }) => {
  const { control } = licenseServer
  const dialogs: string[] = []
  page.on('dialog', async (dialog) => {
    dialogs.push(dialog.message())
    await dialog.dismiss()
  })
  async function expectInert(where: Locator, ...texts: string[]): Promise<void> {
    for (const text of texts) await expect(where).toContainText(text)
    await expect(page.locator('#pwned, main i, main img, main script, [onload], [onerror], [onmouseover]')).toHaveCount(0)
    expect(await page.evaluate(() => [Reflect.get(window, 'pwned'), document.title])).toEqual([undefined, expect.stringMatching(/NocoDB/)])
    expect(dialogs).toEqual([])
    await expectNoHorizontalScroll(page)
  }
  const attack = 'alert(1);window.pwned=1;document.title=1'
  // Halves of characters and line breaks of every kind, which no document can hold as they are: whole, and where a text is cut.
  const organization = `O'B & "S" " onmouseover="${attack}" '><i id="pwned">x</i>\u001b[31mred\u001b[0m\r\nsecond\rthird \ud83d`
  const plan = `\u001b]0;pwned\u0007"plan" \\"\nof <svg onload="${attack}">\0 two lines \ud83d`
  const reason = `</p></textarea><script id="pwned">${attack}</script>\n"quoted" \u001b[2J<img src=x onerror="${attack}">${'a'.repeat(120)}${'💩'.repeat(200)}`
  const shown = (text: string) => text.replaceAll(/\r\n?/g, '\n').replaceAll(/\0|\ud83d$/g, '\ufffd')
  const { key } = await control.createLicense({ method: 'standard', organization, plan })
  expect((await api.save(key)).status).toBe(200)
  await openLicense(page, product)
  await expectState(page, 'active')
  await expectInert(page.getByRole('region', { name: 'License details' }), shown(organization), shown(plan))
  const claims = { plan: `2 ${plan}`, licensee: { organization: `2 ${organization}` } }
  await fillField(page, await control.issueToken({ instance_id: (await api.license()).instanceId, claims }))
  const preview = page.getByRole('region', { name: /^What (else )?would change$/ })
  await expectInert(preview, shown(claims.plan))
  while (await preview.getByRole('button', { name: 'Show all' }).count() > 0) await preview.getByRole('button', { name: 'Show all' }).first().click()
  await expectInert(preview, shown(claims.licensee.organization))

  await control.changeLicense(key, { status: 'revoked', reason })
  await checkInNow(page)
  await expectState(page, 'revoked')
  await expectInert(statusOf(page), reason.slice(0, 250))
  await openLicense(page, product)
  await expectInert(statusOf(page), reason.slice(0, 250))
  await statusOf(page).getByRole('button', { name: 'Show all' }).click()
  await expectInert(statusOf(page), reason)
  await openPath(page, product, '/admin/activity')
  await expectInert(page.getByRole('main'), '<script id="pwned">')
})

// The gallery sees buttons at rest only.
for (const colorScheme of ['light', 'dark'] as const) {
  test(`a button of each kind can be read under the pointer, ${colorScheme}`, async ({ openPage, product, api }) => {
    await api.save('nc_demo_standard')
    const page = await openPage(product, { colorScheme, reducedMotion: 'reduce' })
    await useSession(page, product, api)
    for (const [path, kind] of [['license', '.ant-btn-default'], ['license', '.ant-btn-dangerous'], ['diagnostics', '.ant-btn-primary']] as const) {
      await openPath(page, product, `/admin/${path}`)
      await page.getByRole('main').locator(kind).first().hover()
      const { violations, passes } = await new AxeBuilder({ page }).include(`${kind}:hover`).withRules('color-contrast').analyze()
      expect(violations.flatMap(({ nodes }) => nodes.map(({ failureSummary }) => failureSummary)), kind).toEqual([])
      expect(passes.length, kind).toBeGreaterThan(0)
    }
  })
}
