import type { CDPSession, Page } from '@playwright/test'
import { chromium } from '@playwright/test'
import { signIn } from '../support/api-client.ts'
import { BROWSER_ARGS, findBrowser } from '../support/browser/launch.ts'
import { expectState, expectUsable, saveCredential } from '../support/browser/screen.ts'
import type { WaitedFor } from '../support/browser/slow-waits.ts'
import { measureWaits } from '../support/browser/slow-waits.ts'
import { startProduct } from '../support/product-process.ts'
import { startLicenseServer } from '../support/vendor/vendor-process.ts'
import { BUTTON_PAGE, buildEmptyApplication } from './empty-application.ts'
import type { Figure } from './figure.ts'
import { medianOf } from './figure.ts'

/* B6 and B7: what a person waits for, and what their browser has to do. */

const RUNS = 5
/** Ms: what a person does not notice. */
const UNNOTICED = 100

function requireBrowser(): string {
  const browser = findBrowser()
  if (!browser) throw new Error('There is no Chromium; set CHROMIUM_PATH or run node tests/e2e/install-browser.ts.')
  return browser
}

/** B6: a first visit on a slow phone, beside an empty page with one button, by turns. */
export async function measureFirstVisit(): Promise<Figure[]> {
  const browser = requireBrowser()
  const licenseServer = await startLicenseServer()
  const product = await startProduct({ licenseServerUrl: licenseServer.url })
  const empty = buildEmptyApplication(BUTTON_PAGE)
  const server = await empty.start()
  try {
    const admin = await signIn(product.url)
    await admin.save('nc_demo_standard')
    const [name = '', value = ''] = admin.cookie.split('=')
    const pages: Record<'ours' | 'reference', WaitedFor> = {
      ours: { browser, url: `${product.url}/admin/license`, session: { name, value } },
      reference: { browser, url: `${server.url}/`, session: { name: 'none', value: 'none' } },
    }
    const waits = { ours: await waitsOf(pages.ours), reference: await waitsOf(pages.reference) }
    const figure = (what: string, part: 'statusVisible' | 'tapAnswered', most: number): Figure => ({
      id: 'B6', what: `first visit, processor ÷4, slow 4G: until ${what}, beside an empty page with one button`,
      ours: waits.ours[part], reference: waits.reference[part], unit: 'ms', budget: { most },
    })
    return [figure('the status is visible', 'statusVisible', 1.2), figure('a tap is answered', 'tapAnswered', 1.6)]
  }
  finally {
    await server.stop()
    empty.remove()
    await product.dispose()
    await licenseServer.stop()
  }
}

async function waitsOf(page: WaitedFor) {
  await using resources = new AsyncDisposableStack()
  return await measureWaits(page, RUNS, resources)
}

/** B7: how long the page's thread is busy, with everything loaded. */
export async function measureMainThread(): Promise<Figure[]> {
  const licenseServer = await startLicenseServer()
  const product = await startProduct({ licenseServerUrl: licenseServer.url })
  const browser = await chromium.launch({ executablePath: requireBrowser(), args: BROWSER_ARGS })
  try {
    const admin = await signIn(product.url)
    const [name = '', value = ''] = admin.cookie.split('=')
    const context = await browser.newContext({ locale: 'en-US' })
    await context.addCookies([{ name, value, url: product.url, httpOnly: true, sameSite: 'Lax' }])
    const page = await context.newPage()
    await page.goto(`${product.url}/admin/license`)
    await expectUsable(page)
    const session = await context.newCDPSession(page)
    // By processor time: what else the machine does must not count.
    await session.send('Performance.enable', { timeDomain: 'threadTicks' })
    const navigations: number[] = []
    const saves: number[] = []
    for (let run = -1; run < RUNS; run++) {
      const there = await busyDuring(session, () => goTo(page, 'Activity'))
      const back = await busyDuring(session, () => goTo(page, 'License'))
      const saved = await busyDuring(session, async () => {
        await saveCredential(page, 'nc_demo_standard')
        await expectState(page, 'active')
      })
      await admin.remove()
      await page.reload()
      await expectUsable(page)
      // The first round loads what the others find.
      if (run >= 0) navigations.push(there, back)
      if (run >= 0) saves.push(saved)
    }
    const figure = (what: string, ours: number): Figure => ({
      id: 'B7', what: `the page's thread is busy: ${what} (reference: the budget)`, ours, reference: UNNOTICED, unit: 'ms', budget: { most: 1 },
    })
    return [figure('going to another page and back, each', medianOf(navigations)), figure('from the pasted key to the green badge', medianOf(saves))]
  }
  finally {
    await browser.close()
    await product.dispose()
    await licenseServer.stop()
  }
}

async function goTo(page: Page, name: string): Promise<void> {
  await page.getByRole('link', { name, exact: true }).click()
  await page.getByRole('heading', { level: 1, name, exact: true }).waitFor()
}

/** Ms for which the page's thread did anything at all. */
async function busyDuring(session: CDPSession, deed: () => Promise<void>): Promise<number> {
  const before = await busyUntilNow(session)
  await deed()
  return await busyUntilNow(session) - before
}

async function busyUntilNow(session: CDPSession): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics')
  return 1000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? NaN)
}
