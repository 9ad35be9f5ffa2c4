import { readFile } from 'node:fs/promises'
import type { Page } from '@playwright/test'
import { ERRORS } from '../../shared/errors.ts'
import { freePort } from '../support/free-port.ts'
import type { ProxyProgram } from '../support/network/reverse-proxy.ts'
import { startForeignApplication, startReverseProxy } from '../support/network/reverse-proxy.ts'
import { expect, leave, test } from '../support/browser/fixtures.ts'
import { activate, expectState, expectUsable, fillLogin, statusHeading } from '../support/browser/screen.ts'

/* Below the address of another application, which must never be asked for anything of ours. */

const BASE = '/license/'
const SITES: { program: ProxyProgram, strips: boolean, tls: boolean }[] = [
  { program: 'nginx', strips: false, tls: false }, { program: 'nginx', strips: true, tls: true },
  { program: 'caddy', strips: false, tls: true }, { program: 'caddy', strips: true, tls: false },
]

for (const { program, strips, tls } of SITES) {
  test(`F92: behind ${program} that ${strips ? 'strips' : 'keeps'} the base path${tls ? ' and ends TLS' : ''}, everything a person does stays below it`, async ({ launch, licenseServer, openPage }) => {
    const [foreign, port, panelPort] = [await startForeignApplication(), await freePort(), await freePort()]
    const proxy = await startReverseProxy({ program, port, panelPort, foreignUrl: foreign.url, basePath: BASE, strips, tls })
    try {
      const product = await launch.product({ licenseServerUrl: licenseServer.url, port: panelPort, env: { NC_PUBLIC_URL: proxy.url } })
      const page = await openPage({ ...product, port }, { ignoreHTTPSErrors: true })
      await signInAndSave(page, proxy.url)
      await walkAround(page, proxy.url)
      await getLost(page, proxy.url)
      await leaveAndReturn(page, proxy.url)
      const cookies = await page.context().cookies()
      expect(cookies.length).toBeGreaterThan(2)
      expect(cookies.filter(({ path }) => path !== BASE)).toEqual([])
      await leave(page)
      expect(foreign.requests).toEqual([])
    }
    finally {
      await proxy.stop()
      await foreign.stop()
    }
  })
}

for (const strips of [false, true]) {
  test(`F92: behind a proxy that ${strips ? 'strips' : 'keeps'} a path nobody told the panel of, the sign-in page names the setting`, async ({ launch, licenseServer, browser }) => {
    const [foreign, port, panelPort] = [await startForeignApplication(), await freePort(), await freePort()]
    const proxy = await startReverseProxy({ program: 'nginx', port, panelPort, foreignUrl: foreign.url, basePath: BASE, strips })
    const page = await browser.newPage({ locale: 'en-US' })
    try {
      const product = await launch.product({ licenseServerUrl: licenseServer.url, port: panelPort })
      await page.goto(`${proxy.url}/login`)
      await expect(page.getByRole('alert').filter({ hasText: 'set NC_PUBLIC_URL to the full address' })).toBeVisible()
      await page.goto(`${product.url}/login`)
      await expectUsable(page)
      await expect(page.getByRole('alert')).toHaveCount(0)
    }
    finally {
      await page.close()
      await proxy.stop()
      await foreign.stop()
    }
  })
}

async function signInAndSave(page: Page, url: string): Promise<void> {
  await page.goto(`${url}/`)
  await expect(page).toHaveURL(`${url}/login?next=/admin/license`)
  await expectUsable(page)
  await fillLogin(page)
  await expect(page).toHaveURL(`${url}/admin/license`)
  await activate(page, 'nc_demo_standard')
  await page.reload()
  await expectUsable(page)
  await expectState(page, 'active')
}

async function walkAround(page: Page, url: string): Promise<void> {
  const { reference } = ERRORS.NET_TLS
  await page.goto(`${url}/admin/license#${reference}`)
  await expectUsable(page)
  await expect(page.locator(`#${reference}`)).toHaveAttribute('open')
  for (const [name, path] of [['Activity', 'activity'], ['Help & diagnostics', 'diagnostics'], ['Access', 'access']] as const) {
    await page.getByRole('link', { name, exact: true }).click()
    await expect(page).toHaveURL(`${url}/admin/${path}`)
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  }
  await page.goBack()
  await expect(page).toHaveURL(`${url}/admin/diagnostics`)
  const downloading = page.waitForEvent('download')
  await page.getByRole('link', { name: 'Download support bundle' }).click()
  expect(JSON.parse(await readFile(await (await downloading).path(), 'utf8'))).toHaveProperty('license.instanceId')
}

async function getLost(page: Page, url: string): Promise<void> {
  for (const path of ['/admin', '/admin/']) {
    await page.goto(url + path)
    await expect(page).toHaveURL(`${url}/admin/license`)
  }
  await page.goto(`${url}/no/such/page`)
  await expect(page.getByRole('heading', { name: 'There is no such page' })).toBeVisible()
  await expectUsable(page)
  await page.getByRole('button', { name: 'Go to the license' }).click()
  await expect(page).toHaveURL(`${url}/admin/license`)
  await expect(statusHeading(page)).toBeVisible()
}

async function leaveAndReturn(page: Page, url: string): Promise<void> {
  await page.getByRole('button', { name: 'Sign out' }).click()
  await expect(page).toHaveURL(`${url}/login`)
  await expectUsable(page)
  await page.getByTestId('language').selectOption('de')
  await expect(page.getByRole('button', { name: 'Anmelden' })).toBeVisible()
  await page.reload()
  await expect(page.getByRole('button', { name: 'Anmelden' })).toBeVisible()
  await page.goto(`${url}/admin/activity`)
  await expect(page).toHaveURL(`${url}/login?next=/admin/activity`)
}
