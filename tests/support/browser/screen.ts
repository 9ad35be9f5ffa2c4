import type { Locator, Page } from '@playwright/test'
import { expect } from '@playwright/test'
import type { StatusAction } from '../../../app/composables/useLicenseStatus.ts'
import type { LicenseState, Warning } from '../../../shared/contracts.ts'
import type { ErrorCode } from '../../../shared/errors.ts'
import { ERRORS } from '../../../shared/errors.ts'
import type { FindingCause } from '../../../shared/findings.ts'
import type { Method } from '../../../shared/method-rules.ts'
import type { Product } from '../product-process.ts'
import { ADMIN } from '../product-process.ts'

/* Finds things on the License screen by the hooks that it has for tests, which are the same in every language. */

export const statusOf = (page: Page) => page.getByRole('region').filter({ has: page.getByTestId('license-state') })
export const statusHeading = (page: Page) => statusOf(page).getByRole('heading', { level: 2 })
export const fieldOf = (page: Page) => page.getByTestId('credential')
export const credentialOf = (page: Page) => page.getByRole('region').filter({ has: fieldOf(page) })
export const badgeOf = (page: Page) => page.getByTestId('license-state')
/** The warnings beside the status, and one of them. */
export const warningsOf = (page: Page) => statusOf(page).getByRole('list').filter({ has: page.locator('li[data-code]') })
export const warningOf = (page: Page, code: Warning['code']) => statusOf(page).locator(`li[data-code=${code}]`)
export const sentenceOf = (page: Page) => page.getByTestId('status-sentence')
export const instanceIdOf = (page: Page) => page.getByTestId('instance-id')
/** What was found, beside the status. */
export const findingOf = (page: Page) => statusOf(page).getByTestId('finding')
export const bannerOf = (page: Page) => page.getByTestId('banner')
/** The one thing to do about the license now. */
export const primaryOf = (page: Page, action?: StatusAction) => page.locator(`[data-testid=primary-action]${action ? `[data-action=${action}]` : ''}`)
/** What a feature's chip says of it. */
export const featureOf = (page: Page, name: string) => page.locator(`[data-feature="${name}"]`)

/** Waits until a page can be used: server-rendered pages are visible before that. */
export async function expectUsable(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const nuxt: unknown = Reflect.get(window, 'useNuxtApp')
    const isHydrated = typeof nuxt === 'function' && Reflect.get(Object(nuxt()), 'isHydrating') === false
    // Clicks recorded before hydration are replayed first.
    return isHydrated && !('takeEarlyActions' in window)
  })
}

export async function openPath(page: Page, product: Product, path: string): Promise<void> {
  await page.goto(product.url + path)
  await expectUsable(page)
}

/** Opens the License screen and waits until it can be used. */
export async function openLicense(page: Page, product: Product): Promise<void> {
  await openPath(page, product, '/admin/license')
}

export async function expectState(page: Page, state: LicenseState, timeout = 15_000): Promise<void> {
  await expect(badgeOf(page)).toHaveAttribute('data-state', state, { timeout })
}

export async function expectMethod(page: Page, method: Method): Promise<void> {
  await expect(badgeOf(page)).toHaveAttribute('data-method', method)
}

/** What is found in this part of the page is this, and nothing else. */
export async function expectCause(where: Locator, cause: FindingCause | RegExp, timeout = 15_000): Promise<void> {
  await expect(where.getByTestId('finding')).toHaveAttribute('data-cause', cause, { timeout })
}

export async function fillLogin(page: Page, account: { email: string, password: string } = ADMIN): Promise<void> {
  await page.getByLabel('E-mail').fill(account.email)
  await page.getByLabel('Password', { exact: true }).fill(account.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

/** Signs in through the form. */
export async function signInByForm(page: Page, product: Product, account: { email: string, password: string } = ADMIN): Promise<void> {
  await openPath(page, product, '/login')
  await fillLogin(page, account)
  await page.waitForURL('**/admin/**')
}

/** Nobody looks at the page any more: it stops asking for the license, and doesn't notice what changes meanwhile. */
export async function lookAway(page: Page): Promise<void> {
  await page.evaluate(() => Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true }))
}

/** Somebody looks at the page again, and it asks at once. */
export async function comeBack(page: Page): Promise<void> {
  await page.evaluate(() => {
    Reflect.deleteProperty(document, 'visibilityState')
    document.dispatchEvent(new Event('visibilitychange'))
  })
}

/** Waits until no action is under way: the field may disappear as one ends. */
async function expectIdle(page: Page): Promise<void> {
  await expect(page.locator('.status .ant-btn-loading, #activate .ant-btn-loading')).toHaveCount(0)
}

/** Makes the field for a key or token be there: beside a license that needs nothing it is asked for. */
export async function openField(page: Page): Promise<void> {
  const replace = page.getByTestId('replace')
  await expectIdle(page)
  await expect(fieldOf(page).or(replace).first()).toBeVisible()
  if (await fieldOf(page).isVisible()) return
  await replace.click()
  await expect(fieldOf(page)).toBeFocused()
}

/** Pastes into the field, wherever the page has it. */
export async function fillField(page: Page, credential: string): Promise<void> {
  await openField(page)
  await fieldOf(page).fill(credential)
}

export const replaceDialogOf = (page: Page) => page.getByRole('dialog', { name: 'Replace the license?' })
/** A save over a license in one of these states asks first. */
const IN_FORCE: readonly (string | null)[] = ['active', 'grace', 'paused'] satisfies LicenseState[]

/** Pastes a text and clicks Save, whatever comes of it. */
export async function pressSave(page: Page, text: string): Promise<void> {
  await fillField(page, text)
  await page.getByTestId('save').click()
}

/** Pastes a credential and saves it; where it replaces a license in force, the page must ask, and the answer is yes. */
export async function saveCredential(page: Page, credential: string): Promise<void> {
  await expectIdle(page)
  const asks = IN_FORCE.includes(await badgeOf(page).getAttribute('data-state'))
  await pressSave(page, credential)
  if (asks) await replaceDialogOf(page).getByRole('button', { name: 'Replace license' }).click()
}

/** The page shows that a credential would be refused, and asks nothing. `title`: where the words matter. */
export async function expectForeseen(page: Page, code: ErrorCode, title?: string): Promise<Locator> {
  const refusal = page.getByTestId('preview').getByTestId('notice')
  await expect(refusal).toHaveAttribute('data-code', code)
  if (title !== undefined) await expect(refusal).toContainText(title)
  await expect(refusal.getByTestId('reference')).toContainText(ERRORS[code].reference)
  await expect(replaceDialogOf(page)).toHaveCount(0)
  return refusal
}

/** Saves a credential that must turn the license on. */
export async function activate(page: Page, credential: string): Promise<void> {
  await saveCredential(page, credential)
  await expectSaved(page)
  await expectState(page, 'active')
}

/** The same for a license whose check-in may be overdue at any moment: the notice of success goes when the state changes. */
export async function activateShort(page: Page, credential: string): Promise<void> {
  await saveCredential(page, credential)
  await expectState(page, 'active')
}

/** The page says that an action succeeded, where it reads it out, and leads to the status. */
export async function expectDone(page: Page, action: 'save' | 'check-in' | 'remove'): Promise<Locator> {
  const notice = page.getByRole('status').locator(`[data-testid=notice][data-action=${action}]`)
  await expect(notice).toBeVisible()
  await expect(statusHeading(page)).toBeFocused()
  return notice
}

export async function expectSaved(page: Page): Promise<void> {
  await expectDone(page, 'save')
}

/** The steps of a way without internet access, under the field where there is no license. */
export const wayOf = (page: Page, method: 'airgapped' | 'offline') => credentialOf(page).locator(`details[data-method=${method}]`)

export async function openWay(page: Page, method: 'airgapped' | 'offline'): Promise<void> {
  await wayOf(page, method).locator('summary').click()
  await expect(wayOf(page, method)).toHaveAttribute('open', '')
}

/** Opens a section of the page that is shut because nobody needs it now. */
export async function unfold(page: Page, name: string | RegExp): Promise<void> {
  await page.getByRole('region', { name }).locator('summary').first().click()
}

/** The alert about this error, with its reference. `title`: where the words matter. */
export async function expectFailure(page: Page, code: ErrorCode, title?: string, timeout = 20_000): Promise<Locator> {
  const alert = page.getByRole('alert').and(page.locator(`[data-testid=notice][data-code=${code}]`))
  await expect(alert).toBeVisible({ timeout })
  if (title !== undefined) await expect(alert.getByRole('heading')).toHaveText(title)
  await expect(alert.getByTestId('reference')).toContainText(ERRORS[code].reference)
  return alert
}

/** The button that contacts the license server now: the one thing to do, or one that is there besides. */
export const checkInButtonOf = (page: Page) => page.getByTestId('check-in').or(primaryOf(page, 'checkIn')).or(primaryOf(page, 'renew'))

/** Clicks the button that contacts the license server now. `name`: where its words matter. */
export async function checkInNow(page: Page, name?: 'Check in now' | 'Check again' | 'Fetch the renewal'): Promise<void> {
  await expectIdle(page)
  await (name === undefined ? checkInButtonOf(page) : statusOf(page).getByRole('button', { name })).click()
}

export async function expectNoHorizontalScroll(page: Page): Promise<void> {
  const widths = await page.evaluate(() => ({ content: document.documentElement.scrollWidth, window: window.innerWidth }))
  expect(widths.content).toBeLessThanOrEqual(widths.window)
}

/** What a button that writes a mail offers to a mail program: the link in its dialog, which is closed again. */
export async function mailBehind(page: Page, action: Locator): Promise<URL> {
  await action.click()
  const dialog = page.getByRole('dialog')
  const href = await dialog.getByRole('link', { name: 'Open mail program' }).getAttribute('href')
  await dialog.getByRole('button', { name: 'Close' }).click()
  await expect(dialog).toBeHidden()
  return new URL(href ?? '')
}

/** The body of a mail, with the line breaks of a text field. */
export const bodyOf = (mail: URL) => mail.searchParams.get('body')?.replaceAll('\r\n', '\n') ?? ''
