import { expect, test } from '../support/browser/fixtures.ts'
import { badgeOf, expectState, openLicense } from '../support/browser/screen.ts'

/* What the License page is on paper. */

test('on paper, a license that needs nothing is one light page without anything to click', async ({ licensePage: page, product, api }) => {
  await api.save('nc_demo_standard')
  await page.emulateMedia({ colorScheme: 'dark' })
  await openLicense(page, product)
  await expectState(page, 'active')
  const pdf = await page.pdf({ format: 'A4' })
  expect(pdf.toString('latin1').match(/\/Type\s*\/Page\b(?!s)/g)).toHaveLength(1)

  await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
  await expect(badgeOf(page)).toBeVisible()
  await expect(page.getByTestId('instance-id')).toBeVisible()
  expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe('rgb(255, 255, 255)')
  for (const role of ['button', 'navigation', 'textbox'] as const) await expect(page.getByRole(role)).toHaveCount(0)
})
