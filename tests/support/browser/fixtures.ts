import type { BrowserContext, BrowserContextOptions, Page } from '@playwright/test'
import { expect, test as base } from '@playwright/test'
import type { LicenseServerProcess } from '../vendor/vendor-process.ts'
import { startLicenseServer } from '../vendor/vendor-process.ts'
import type { ApiClient } from '../api-client.ts'
import { signIn } from '../api-client.ts'
import type { Product, ProductOptions } from '../product-process.ts'
import { startProduct } from '../product-process.ts'
import { openLicense } from './screen.ts'
import { watchPage } from './watch.ts'

/* Each test gets its own product and license server, so that no test sees another's license. */

export interface Launcher {
  /** Starts another product, with its own database, that ends with the test. */
  product(options: ProductOptions): Promise<Product>
  /** Ends the product if it is still running, and starts it again on the same database and port. */
  restart(product: Product, env?: Record<string, string | undefined>): Promise<Product>
  licenseServer(port?: number): Promise<LicenseServerProcess>
}

interface Fixtures {
  launch: Launcher
  licenseServer: LicenseServerProcess
  /** Set by `test.use({ productOptions: … })`. */
  productOptions: Partial<ProductOptions>
  product: Product
  /** An API client of the same product, signed in as the administrator. */
  api: ApiClient
  /** Opens a page with its own cookies and storage, watched like the first one. */
  openPage: (target: Product, options?: BrowserContextOptions) => Promise<Page>
  /** The page of a signed-in administrator, on the License screen. */
  licensePage: Page
}

export const test = base.extend<Fixtures>({
  productOptions: [{}, { option: true }],
  launch: async ({ licenseServer, productOptions }, use) => {
    const endings: (() => Promise<unknown>)[] = []
    await use({
      async product(options) {
        const started = await startProduct(options)
        endings.push(() => started.dispose())
        return started
      },
      async restart({ stop, dataDir, port }, env = {}) {
        await stop()
        const again = await startProduct({
          licenseServerUrl: licenseServer.url, ...productOptions, dataDir, port, env: { ...productOptions.env, ...env },
        })
        endings.push(() => again.dispose())
        return again
      },
      async licenseServer(port = 0) {
        const started = await startLicenseServer({ port })
        endings.push(() => started.stop())
        return started
      },
    })
    for (const end of endings.toReversed()) await end()
  },
  licenseServer: async ({}, use) => {
    const server = await startLicenseServer()
    await use(server)
    await server.stop()
  },
  product: async ({ licenseServer, productOptions }, use) => {
    const product = await startProduct({ licenseServerUrl: licenseServer.url, ...productOptions })
    await use(product)
    await product.dispose()
  },
  api: async ({ product }, use) => use(await signIn(product.url)),
  // Browser complaints and requests to other hosts fail the test. Naming `launch` makes what it started end after the
  // page.
  page: async ({ page, product, launch: _ends }, use) => {
    const complaints: string[] = []
    await watchPage(page, hostsOf(product), complaints)
    await use(page)
    expect(complaints).toEqual([])
  },
  // Naming `product` makes it end after the pages, which may load something from it at any time.
  openPage: async ({ browser, launch: _ends, product: _too }, use) => {
    const complaints: string[] = []
    const contexts: BrowserContext[] = []
    await use(async (target, options) => {
      const context = await browser.newContext(options)
      contexts.push(context)
      const page = await context.newPage()
      await watchPage(page, hostsOf(target), complaints)
      return page
    })
    for (const context of contexts) await context.close()
    expect(complaints).toEqual([])
  },
  licensePage: async ({ page, product, api }, use) => {
    await useSession(page, product, api)
    await openLicense(page, product)
    await use(page)
  },
})

export { expect }

/** The set-up link in the log names localhost. */
function hostsOf({ port }: Product): string[] {
  return [`127.0.0.1:${port}`, `localhost:${port}`]
}

/** Gives the page the session of a signed-in API client. */
export async function useSession(page: Page, product: Product, api: ApiClient): Promise<void> {
  const [name = '', value = ''] = api.cookie.split('=')
  await page.context().addCookies([{ name, value, url: product.url, httpOnly: true, sameSite: 'Lax' }])
}

/** Leaves the page: one that stays open while its server is away would complain about that. */
export async function leave(page: Page): Promise<void> {
  await page.goto('about:blank')
}
