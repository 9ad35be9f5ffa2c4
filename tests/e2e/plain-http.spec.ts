import { chromium } from '@playwright/test'
import { BROWSER_ARGS, findBrowser } from '../support/browser/launch.ts'
import { expect, test } from '../support/browser/fixtures.ts'
import { activate, expectUsable, fillLogin, openLicense } from '../support/browser/screen.ts'
import { watchPage } from '../support/browser/watch.ts'

/* As many run it in their own network: by plain http, under a name that is not this machine's. */

test('F92: over plain http from another machine the browser has nothing to complain about', async ({ product }) => {
  const executablePath = findBrowser()
  const browser = await chromium.launch({
    ...(executablePath ? { executablePath } : {}), args: [...BROWSER_ARGS, '--host-resolver-rules=MAP panel.test 127.0.0.1'],
  })
  try {
    const page = await browser.newPage({ locale: 'en-US' })
    const complaints: string[] = []
    const host = `panel.test:${product.port}`
    await watchPage(page, [host], complaints)
    await openLicense(page, { ...product, url: `http://${host}` })
    expect(await page.evaluate(() => window.isSecureContext)).toBe(false)
    await fillLogin(page)
    await expect(page).toHaveURL(`http://${host}/admin/license`)
    await activate(page, 'nc_demo_standard')
    for (const path of ['/admin/activity', '/admin/diagnostics', '/admin/access', '/no/such/page']) {
      await page.goto(`http://${host}${path}`)
      await expectUsable(page)
    }
    expect(complaints).toEqual([])
  }
  finally {
    await browser.close()
  }
})
