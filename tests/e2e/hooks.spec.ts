import { DatabaseSync } from 'node:sqlite'
import type { Page } from '@playwright/test'
import type { StatusAction } from '../../app/composables/useLicenseStatus.ts'
import type { LicenseState } from '../../shared/contracts.ts'
import type { FindingCause, FindingCode } from '../../shared/findings.ts'
import { referenceOf } from '../../shared/findings.ts'
import type { Method } from '../../shared/method-rules.ts'
import type { ApiClient } from '../support/api-client.ts'
import type { Product } from '../support/product-process.ts'
import { expect, test, useSession } from '../support/browser/fixtures.ts'
import {
  badgeOf, bannerOf, checkInNow, expectCause, expectDone, expectFailure, expectForeseen, expectSaved, expectState,
  fieldOf, findingOf, instanceIdOf, openLicense, openPath, pressSave, primaryOf, sentenceOf, statusOf,
} from '../support/browser/screen.ts'

/* What tests and scripts hold on to: the same in every language, whatever the page says. No sentence is read here. */

const LANGUAGES = ['de-DE', 'ar-EG'] as const
const AWAY = { type: 'status', status: 503 } as const

interface Shown {
  state: LicenseState
  method: Method | null
  found: [FindingCode, FindingCause] | null
  primary: StatusAction | null
  /** The field for a key or token is there without being asked for. */
  field: boolean
  /** Every other page has a banner about it. */
  banner: boolean
}

const IN_FORCE = { method: 'standard', field: false, banner: true } as const
const SHOWN: Record<LicenseState, Shown> = {
  unlicensed: { state: 'unlicensed', method: null, found: null, primary: null, field: true, banner: false },
  active: { ...IN_FORCE, state: 'active', found: null, primary: null, banner: false },
  grace: { ...IN_FORCE, state: 'grace', found: ['SERVER_ERROR', 'gateway'], primary: 'checkIn' },
  paused: { ...IN_FORCE, state: 'paused', found: ['SERVER_ERROR', 'gateway'], primary: 'checkIn' },
  expired: { ...IN_FORCE, state: 'expired', found: ['LICENSE_EXPIRED', 'ended'], primary: 'renewal' },
  revoked: { ...IN_FORCE, state: 'revoked', found: ['LICENSE_REVOKED', 'revoked'], primary: 'support' },
  suspended: { ...IN_FORCE, state: 'suspended', found: ['LICENSE_SUSPENDED', 'suspended'], primary: 'support' },
  mismatch: { ...IN_FORCE, state: 'mismatch', found: ['BOUND_TO_DIFFERENT_INSTALLATION', 'bound_elsewhere'], primary: 'reissue' },
  invalid: { ...IN_FORCE, state: 'invalid', found: ['TOKEN_SIGNATURE_INVALID', 'row_edited'], primary: null, field: true },
}

type Open = (target: Product, options?: { locale: string }) => Promise<Page>
interface SignedIn { locale: string, page: Page, product: Product }

async function expectStatus(page: Page, shown: Shown): Promise<void> {
  await expectState(page, shown.state, 20_000)
  if (shown.method === null) await expect(badgeOf(page)).not.toHaveAttribute('data-method')
  else await expect(badgeOf(page)).toHaveAttribute('data-method', shown.method)
  const badge = await badgeOf(page).innerText()
  await expect(page.getByRole('img').and(badgeOf(page))).toHaveAccessibleName(new RegExp(`\\S.*${badge}$`))
  await expect(sentenceOf(page)).toHaveText(/\S/)
  await expect(instanceIdOf(page)).toHaveText(/^[0-9a-f]{32}$/)
  await expect(page.getByRole('group').and(instanceIdOf(page))).toHaveAccessibleName(/Instance|ID|\p{Script=Arabic}/u)
}

async function expectAdvice(page: Page, { found, primary, field }: Shown): Promise<void> {
  if (found === null) await expect(findingOf(page)).toHaveCount(0)
  else await expectFound(page, ...found)
  await expect(primaryOf(page)).toHaveCount(primary === null ? 0 : 1)
  if (primary !== null) await expect(primaryOf(page, primary)).toBeVisible()
  for (const part of [fieldOf(page), page.getByTestId('save')]) await expect(part).toHaveCount(field ? 1 : 0)
}

/** The finding has its code and cause, and its reference beside it. */
async function expectFound(page: Page, code: FindingCode, cause: FindingCause): Promise<void> {
  await expectCause(statusOf(page), cause)
  await expect(findingOf(page)).toHaveAttribute('data-code', code)
  await expect(statusOf(page).getByTestId('reference')).toHaveText(referenceOf(code))
}

async function expectBanner(page: Page, { state, banner }: Shown): Promise<void> {
  await expect(bannerOf(page)).toHaveCount(banner ? 1 : 0)
  if (banner) await expect(bannerOf(page)).toHaveAttribute('data-state', state)
}

/** A signed-in page in each language. They stay open from one state to the next. */
async function openPages(open: Open, product: Product, api: ApiClient): Promise<SignedIn[]> {
  const pages: SignedIn[] = []
  for (const locale of LANGUAGES) {
    const page = await open(product, { locale })
    await useSession(page, product, api)
    pages.push({ locale, page, product })
  }
  return pages
}

/** Loads the License page and another anew, in each language. */
async function expectShown(pages: readonly SignedIn[], api: ApiClient, shown: Shown): Promise<void> {
  await api.waitFor(({ state }) => state === shown.state)
  for (const { locale, page, product } of pages) {
    await test.step(`${shown.state}, ${locale}`, async () => {
      await openLicense(page, product)
      await expectStatus(page, shown)
      await expectAdvice(page, shown)
      await expect(bannerOf(page)).toHaveCount(0)
      await openPath(page, product, '/admin/activity')
      await expectBanner(page, shown)
    })
  }
}

test('no license and one in force have their hooks', async ({ product, api, openPage }) => {
  const pages = await openPages(openPage, product, api)
  await expectShown(pages, api, SHOWN.unlicensed)
  await api.save('nc_demo_standard')
  await expectShown(pages, api, SHOWN.active)
})

test('each verdict has its hooks', async ({ product, api, licenseServer: { control }, openPage }) => {
  const { key } = await control.createLicense({ method: 'standard' })
  await api.save(key)
  const pages = await openPages(openPage, product, api)
  for (const [status, state] of [['revoked', 'revoked'], ['suspended', 'suspended'], ['bound_elsewhere', 'mismatch']] as const) {
    await control.changeLicense(key, { status })
    await api.checkIn()
    await expectShown(pages, api, SHOWN[state])
  }
})

for (const [state, more] of [['grace', { grace: 200_000 }], ['paused', { grace: 1 }], ['expired', { grace: 200_000 }]] as const) {
  test(`what comes of check-ins that fail has its hooks: ${state}`, async ({ product, api, licenseServer: { control }, openPage }) => {
    const term = state === 'expired' ? { exp: Math.floor(Date.now() / 1000) + 15 } : {}
    const { key } = await control.createLicense({ method: 'standard', every: 1, renews: false, ...more, ...term })
    await api.save(key)
    await control.addFault({ call: 'checkIn', fault: AWAY })
    await api.checkIn()
    await expectShown(await openPages(openPage, product, api), api, SHOWN[state])
  })
}

test('a license that was edited in the database has its hooks', async ({ product, api, openPage, launch }) => {
  await api.save('nc_demo_standard')
  await product.stop()
  const database = new DatabaseSync(product.databaseFile)
  database.exec('UPDATE license SET lease = replace(lease, substr(lease, -20, 4), \'AAAA\')')
  database.close()
  const restarted = await launch.restart(product)
  await expectShown(await openPages(openPage, restarted, api), api, SHOWN.invalid)
})

for (const locale of LANGUAGES) {
  test(`every action has its result in a notice, ${locale}`, async ({ product, api, licenseServer: { control }, openPage }) => {
    const page = await openPage(product, { locale })
    await useSession(page, product, api)
    await openLicense(page, product)
    await page.getByTestId('save').click()
    await expect(fieldOf(page)).toHaveAttribute('data-cause', 'empty')
    await fieldOf(page).fill('nc_ag_demo_airgapped')
    await expect(fieldOf(page)).toHaveAttribute('data-method', 'airgapped')
    await fieldOf(page).fill('NC_AG_DEMO_AIRGAPPED')
    await expect(fieldOf(page)).toHaveAttribute('data-cause', 'capitals')
    await expect(fieldOf(page)).not.toHaveAttribute('data-method')
    await pressSave(page, 'nc_unknown_key_0001')
    const refused = await expectFailure(page, 'KEY_UNKNOWN')
    await expectCause(refused, 'key_unknown')
    await expect(refused).toBeInViewport()

    await pressSave(page, 'nc_demo_standard')
    await expectSaved(page)
    await checkInNow(page)
    await expectDone(page, 'check-in')
    await control.addFault({ call: 'checkIn', times: 1, fault: { type: 'html' } })
    await checkInNow(page)
    await expectCause(await expectFailure(page, 'NET_CAPTIVE_PORTAL'), 'web_page')
    await pressSave(page, await control.issueToken({ instance_id: 'e'.repeat(32) }))
    const foreseen = await expectForeseen(page, 'BOUND_TO_DIFFERENT_INSTALLATION')
    await expectCause(foreseen, 'other_installation')
    await expect(page.getByTestId('preview')).toHaveAttribute('data-method', 'offline')
  })

  test(`diagnostics have their verdict and a result for each stage, ${locale}`, async ({ product, api, licenseServer, openPage }) => {
    const page = await openPage(product, { locale })
    await useSession(page, product, api)
    await openPath(page, product, '/admin/diagnostics')
    const resultOf = (stage: string) => page.locator(`[data-stage=${stage}]`)
    await expect(resultOf('tcp')).toHaveAttribute('data-result', 'idle')
    await page.getByTestId('run-diagnostics').click()
    await expect(page.getByTestId('diagnostics-verdict')).toHaveAttribute('data-verdict', 'reachable', { timeout: 20_000 })
    for (const stage of ['configuration', 'tcp', 'http', 'clock']) await expect(resultOf(stage)).toHaveAttribute('data-result', 'ok')
    await licenseServer.stop()
    await page.getByTestId('run-diagnostics').click()
    await expect(page.getByTestId('diagnostics-verdict')).toHaveAttribute('data-verdict', 'problem', { timeout: 20_000 })
    await expect(resultOf('tcp')).toHaveAttribute('data-result', 'failed')
    await expect(resultOf('http')).toHaveAttribute('data-result', 'skipped')
    await expectCause(resultOf('tcp'), 'refused')
    await expect(resultOf('tcp').getByTestId('reference')).toHaveText('NCL-202')
  })

  test(`what is begun can be left, the activity filtered and the session ended, ${locale}`, async ({ product, api, openPage }) => {
    await api.save('nc_demo_standard')
    const page = await openPage(product, { locale })
    await useSession(page, product, api)
    await openLicense(page, product)
    await page.getByTestId('remove').click()
    await page.getByRole('dialog').getByTestId('cancel').click()
    await expect(page.getByRole('dialog')).toHaveCount(0)
    await page.getByTestId('replace').click()
    await page.getByTestId('cancel').click()
    await expect(fieldOf(page)).toHaveCount(0)
    await expectState(page, 'active')
    await openPath(page, product, '/admin/activity')
    await page.getByTestId('activity-filter').selectOption('accounts')
    await expect(page).toHaveURL(/kind=accounts/)
    await expect(page.locator('[data-kind=activated]')).toHaveCount(0)
    await page.getByTestId('activity-filter').selectOption('activated')
    await expect(page.locator('[data-kind=activated]')).toHaveCount(1)
    await page.getByTestId('sign-out').click()
    await expect(page).toHaveURL(/\/login/)
  })

  test(`a refused sign-in has its notice, ${locale}`, async ({ product, openPage }) => {
    const page = await openPage(product, { locale })
    await openPath(page, product, '/login')
    const notice = page.getByRole('alert').and(page.getByTestId('notice'))
    await page.locator('#password').press('Enter')
    await expect(notice).toHaveAttribute('data-code', 'VALIDATION')
    await page.locator('#email').fill('admin@example.com')
    await page.locator('#password').fill('not the password')
    await page.locator('#password').press('Enter')
    await expect(notice).toHaveAttribute('data-code', 'UNAUTHENTICATED')
  })
}

test('a deadline in the banner has the code of its warning', async ({ product, api, openPage }) => {
  await api.save('nc_demo_expiring')
  for (const locale of LANGUAGES) {
    const page = await openPage(product, { locale })
    await useSession(page, product, api)
    await openLicense(page, product)
    await expect(statusOf(page).locator('li[data-code=EXPIRES_SOON]')).toBeVisible()
    await openPath(page, product, '/admin/access')
    await expect(bannerOf(page)).toHaveAttribute('data-code', 'EXPIRES_SOON')
    await expect(bannerOf(page)).toHaveAttribute('data-state', 'active')
  }
})
