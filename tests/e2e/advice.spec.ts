import ar from '../../app/locales/ar.json' with { type: 'json' }
import de from '../../app/locales/de.json' with { type: 'json' }
import en from '../../app/locales/en.json' with { type: 'json' }
import { ERROR_CODES, ERRORS } from '../../shared/errors.ts'
import { referenceOf } from '../../shared/findings.ts'
import { expect, test, useSession } from '../support/browser/fixtures.ts'
import { openLicense, openPath } from '../support/browser/screen.ts'

/* Every error on the screen, with the title, the meaning and the remedy of that very one. */

const LANGUAGES = [['en-US', en], ['de-DE', de], ['ar-EG', ar]] as const
const CLOCKS = [['CLOCK_AHEAD', 'clock_ahead'], ['CLOCK_BEHIND', 'clock_behind']] as const
const shown = (text: string) => text.replaceAll(/\{'(.)'\}/g, '$1').replaceAll('\u00A0', ' ')

for (const [locale, words] of LANGUAGES) {
  test(`the list of errors has each one's own words under its reference, ${locale}`, async ({ product, api, openPage }) => {
    const page = await openPage(product, { locale })
    await useSession(page, product, api)
    await openPath(page, product, '/admin/diagnostics')
    const entries = await page.locator('#troubleshooting details[id^=NCL]').evaluateAll(all => all.map(entry => [
      entry.id, entry.querySelector('.title')?.textContent?.trim(), ...[...entry.querySelectorAll('p')].map(part => part.textContent?.trim()),
    ].map(text => text?.replaceAll('\u00A0', ' '))))
    const errors = entries.splice(0, ERROR_CODES.length)
    expect(errors.map(([id, title, means]) => [id, title, means]))
      .toEqual(ERROR_CODES.map(code => [ERRORS[code].reference, shown(words.errors[code].title), shown(words.errors[code].means)]))
    for (const [at, code] of ERROR_CODES.entries()) expect(errors[at]?.[3], code).toContain(shown(words.errors[code].do))
    // By how much a clock is wrong is said once it is.
    expect(entries).toEqual(CLOCKS.map(([code, cause]) => (
      [referenceOf(code), shown(words.warnings[code].title), expect.stringContaining(shown(words.finding[cause].do))])))
  })

  test(`a save that fails says what it failed with, and what to do about that, ${locale}`, async ({ product, api, openPage }) => {
    const page = await openPage(product, { locale })
    await useSession(page, product, api)
    await openLicense(page, product)
    let code = ERROR_CODES[0] ?? 'INTERNAL'
    await page.route('**/api/license', (route, request) => request.method() === 'PUT'
      ? route.fulfill({ status: 422, json: { data: { code, reference: ERRORS[code].reference } } })
      : route.continue())
    for (code of ERROR_CODES) {
      await page.locator('#credential').fill(`nc_demo_${ERRORS[code].reference}`)
      await page.locator('#activate form button[type=submit]').click()
      const alert = page.locator('#activate [role=alert]')
      await expect(alert).toContainText(ERRORS[code].reference)
      const { title, means, do: remedy } = words.errors[code]
      await expect(alert.getByRole('heading')).toHaveText(shown(title))
      await expect(alert).toContainText(shown(means))
      await expect(alert).toContainText(shown(remedy))
    }
  })
}
