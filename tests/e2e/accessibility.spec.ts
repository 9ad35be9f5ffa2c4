import { expect, test, useSession } from './fixtures.ts'
import { expectNoHorizontalScroll, expectState, openLicense, openPath } from './screen.ts'

/* That axe finds nothing in any state, place or error is the gallery's business (tests/gallery). */

test('without JavaScript the pages show what they can and say what they cannot', async ({ openPage, product, api }) => {
  await api.save('nc_demo_standard')
  const page = await openPage(product, { javaScriptEnabled: false })
  const notice = page.locator('noscript')
  await page.goto(`${product.url}/login`)
  await expect(notice).toBeVisible()
  await expect(notice).toContainText('needs JavaScript', { useInnerText: true })
  await useSession(page, product, api)
  await page.goto(`${product.url}/admin/license`)
  await expect(notice).toBeVisible()
  await expect(notice).toContainText('Changing it needs JavaScript.', { useInnerText: true })
  await expectState(page, 'active')
  await expect(page.getByText('Acme Robotics')).toBeVisible()
})

test('what the vendor wrote is text, however long and whatever is in it', async ({ licensePage: page, product, api, licenseServer }) => {
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
