import { expect, test } from '../support/browser/fixtures.ts'
import { expectUsable } from '../support/browser/screen.ts'
import { watchPage } from '../support/browser/watch.ts'

/* The page is hydrated from what the server rendered; where the two differ, the watch over every test must say what does. */

for (const [what, rendered, changed, complaint] of [
  ['text', '>Sign in</h1>', '>Sign on</h1>', /warning: \[Vue warn\]: Hydration text .*mismatch .*<.*h1>[\s\S]*"?Sign on"?[\s\S]*"?Sign in"?/],
  ['an element', /<h1([^>]*)>Sign in<\/h1>/, '<h2$1>Sign in</h2>', /warning: \[Vue warn\]: Hydration node mismatch:[\s\S]*<.*h2>[\s\S]*h1/],
] as const) {
  test(`${what} that differs is named`, async ({ browser, product }) => {
    const context = await browser.newContext({ locale: 'en-US' })
    const page = await context.newPage()
    const complaints: string[] = []
    await watchPage(page, [`127.0.0.1:${product.port}`], complaints)
    await page.route('**/login', async (route) => {
      const response = await route.fetch()
      const body = await response.text()
      const forged = body.replace(rendered, changed)
      expect(forged).not.toBe(body)
      await route.fulfill({ response, body: forged })
    })
    await page.goto(`${product.url}/login`)
    await expectUsable(page)
    expect(complaints.join('\n')).toMatch(complaint)
    await context.close()
  })
}
