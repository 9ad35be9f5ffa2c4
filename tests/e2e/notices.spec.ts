import type { Page } from '@playwright/test'
import { expect, test, useSession } from '../support/browser/fixtures.ts'
import {
  badgeOf, checkInNow, expectState, expectUsable, lookAway, openLicense, pressSave, saveCredential, statusHeading,
} from '../support/browser/screen.ts'

/* What came of an action is seen, read out and has the focus, whatever the action, its outcome and the window. */

const SIZES = [
  { name: '1440 × 900', width: 1440, height: 900 }, { name: '390 × 844', width: 390, height: 844 },
  { name: '200 % of 1440 × 900', width: 720, height: 450 }, { name: '320 × 640', width: 320, height: 640 },
]

/** The page has scrolled away from where the result will stand. */
const scrollAway = (page: Page) => page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight))

async function expectSeen(page: Page, what: string): Promise<void> {
  const notice = page.getByTestId('notice').last()
  await expect(notice, what).toBeVisible()
  // A high one is seen from its beginning.
  await expect(notice.locator('h3, span').first(), what).toBeInViewport({ ratio: 1 })
  expect(await notice.evaluate(element => element.closest('[role=alert], [role=status]') !== null), `${what}: is read out`).toBe(true)
  const hasFocus = async () => await notice.evaluate(element => element.contains(document.activeElement))
    || await statusHeading(page).evaluate(element => element === document.activeElement)
  await expect.poll(hasFocus, `${what}: has the focus`).toBe(true)
}

for (const { name, ...viewport } of SIZES) {
  test(`the result of every action is in sight, ${name}`, async ({ product, api, licenseServer: { control }, openPage }) => {
    test.slow()
    const page = await openPage(product, { viewport })
    await useSession(page, product, api)
    await openLicense(page, product)
    const does = async (what: string, act: () => Promise<unknown>) => test.step(what, async () => {
      await act()
      await expectSeen(page, what)
      await expect(badgeOf(page)).toBeVisible()
      await scrollAway(page)
    })
    const fail = (call: 'activate' | 'checkIn') => control.addFault({ call, times: 1, fault: { type: 'status', status: 503 } })
    const confirm = (button: string) => page.getByRole('dialog').getByRole('button', { name: button }).click()

    await does('a refused save', () => saveCredential(page, 'nc_demo_revoked'))
    await does('a save that is not answered', async () => {
      await fail('activate')
      await saveCredential(page, 'nc_demo_standard')
    })
    await does('a save', () => saveCredential(page, 'nc_demo_standard'))
    await does('a check-in', () => checkInNow(page))
    await does('a check-in that fails', async () => {
      await fail('checkIn')
      await checkInNow(page)
    })
    await does('a check-in after that', () => checkInNow(page))
    await does('a refused replacement', () => saveCredential(page, 'nc_demo_revoked'))
    await does('a token that would be refused', async () => pressSave(page, await control.issueToken({ instance_id: '0123456789abcdef'.repeat(2) })))
    await does('a replacement', () => saveCredential(page, 'nc_ag_demo_airgapped'))
    await does('a renewal that has nothing new yet', () => checkInNow(page))
    await does('a renewal that fails', async () => {
      await fail('checkIn')
      await checkInNow(page)
    })
    await does('a removal of what has changed meanwhile', async () => {
      await page.getByRole('button', { name: 'Remove license' }).click()
      await api.save('nc_demo_standard')
      await confirm('Remove license')
    })
    await page.reload()
    await expectUsable(page)
    await does('a removal', async () => {
      await page.getByRole('button', { name: 'Remove license' }).click()
      await confirm('Remove license')
    })
    await expectState(page, 'unlicensed')
    await api.save('nc_demo_standard')
    await page.reload()
    await expectUsable(page)
    await does('a check-in after the session has ended', async () => {
      await lookAway(page)
      await page.context().clearCookies()
      await checkInNow(page)
    })
  })
}
