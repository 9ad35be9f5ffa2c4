import type { Page } from '@playwright/test'
import { expect, test, useSession } from '../support/browser/fixtures.ts'
import { expectFocusShown, pressOn } from '../support/browser/focus.ts'
import { bodyOf, expectFailure, expectState, mailBehind, openLicense, openPath, saveCredential, statusOf } from '../support/browser/screen.ts'

/* What is taken out of the page: copied, selected, mailed. */

async function refuseClipboard(page: Page, kind: 'refused' | 'missing'): Promise<void> {
  await page.addInitScript((way) => {
    if (way === 'missing') Object.defineProperty(navigator, 'clipboard', { value: undefined })
    else navigator.clipboard.writeText = () => Promise.reject(new DOMException('no', 'NotAllowedError'))
    document.execCommand = () => false
  }, kind)
}

for (const kind of ['refused', 'missing'] as const) {
  test(`where the clipboard is ${kind}, whatever was to be copied is selected, and said to be`, async ({ page, product, api }) => {
    await refuseClipboard(page, kind)
    await page.clock.install()
    await useSession(page, product, api)
    await openPath(page, product, '/admin/license?method=offline')
    const { instanceId } = await api.license()
    const message = await page.getByLabel('Message', { exact: true }).inputValue()
    for (const [name, text] of [
      ['Copy: Instance ID', instanceId], ['Copy for support', `Instance ID: ${instanceId}`],
      ['Copy: Find it in the log', 'docker compose logs nocodb | grep "Instance ID"'], ['Copy message', message],
    ] as const) {
      await page.getByRole('button', { name, exact: true }).first().click()
      await expect(page.getByRole('status').filter({ hasText: 'Selected. Press Ctrl+C' })).toBeAttached()
      // For as long as it takes to press the keys, also when the page learns something new meanwhile.
      const look = page.waitForResponse(response => new URL(response.url()).pathname === '/api/license')
      await page.clock.fastForward(20_000)
      await look
      const selected = await page.evaluate(() => {
        const area = document.activeElement
        return area instanceof HTMLTextAreaElement ? area.value.slice(area.selectionStart, area.selectionEnd) : ''
      })
      expect(selected, name).toContain(text)
      expect(selected.startsWith(text), name).toBe(true)
      await page.keyboard.press('Tab')
      await expect(page.getByRole('button', { name: 'Selected. Press Ctrl+C' })).toHaveCount(0)
    }
    await page.getByRole('link', { name: 'Copy a link to this section: Activate a license' }).click()
    await expect(page).toHaveURL(/#activate$/)
    await expect(page.getByText('Link copied')).toHaveCount(0)
  })
}

test('the mail to support has a subject and a body, and the copy button beside it copies the same text', async ({ licensePage: page, product, api, licenseServer }) => {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: product.url })
  const { key } = await licenseServer.control.createLicense({ method: 'standard', organization: 'Müller & Söhne? #1' })
  await api.save(key)
  await licenseServer.control.changeLicense(key, { status: 'revoked', reason: 'Invoice & <b>4711</b>\nis open' })
  await api.checkIn()
  await openLicense(page, product)
  await expectState(page, 'revoked')
  const mail = await mailBehind(page, statusOf(page).getByRole('button', { name: 'Write to support' }))
  const { instanceId } = await api.license()
  expect([mail.protocol, mail.pathname, mail.searchParams.get('subject')]).toEqual([
    'mailto:', 'cs@nocodb.com', `Revoked license of Müller & Söhne? #1, installation ${instanceId.slice(0, 4)}…${instanceId.slice(-4)}`,
  ])
  expect([...mail.searchParams.keys()]).toEqual(['subject', 'body'])
  expect(mail.href).not.toMatch(/[\s<>"]/)
  await statusOf(page).getByRole('button', { name: 'Copy for support' }).click()
  const copied = await page.evaluate(() => navigator.clipboard.readText())
  const withoutClock = (text: string) => text.replace(/^Server time: .*$/m, '').trim()
  expect(withoutClock(bodyOf(mail)).split('\n\n')).toEqual([expect.stringMatching(/^Our license was revoked\. Please /), withoutClock(copied)])
  expect(copied).toContain(`Instance ID: ${instanceId}`)
  await saveCredential(page, 'nc_demo_revoked')
  const alert = await expectFailure(page, 'LICENSE_REVOKED')
  const refused = await mailBehind(page, alert.getByRole('button', { name: 'Write to support' }))
  expect(refused.searchParams.get('subject')).toMatch(/^Our license was revoked \(NCL-104\), installation .*, Müller & Söhne\? #1$/)
  expect(bodyOf(refused)).toMatch(new RegExp(`\nInstance ID: ${instanceId}\n[^]*\nLast action failed: NCL-104 LICENSE_REVOKED`))
  for (const secret of [key, 'nc_demo_revoked', 'admin@example.com']) expect(mail.href + copied + refused.href).not.toContain(secret)
})

test('where there is no mail program, the mail is shown to be copied, by keyboard alone; without JavaScript it is a link', async ({ page, openPage, product, api, licenseServer }) => {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: product.url })
  // As by plain http.
  await page.addInitScript(() => {
    Object.assign(window, { readClipboard: navigator.clipboard.readText.bind(navigator.clipboard) })
    Object.defineProperty(navigator, 'clipboard', { value: undefined })
  })
  const copied = () => page.evaluate(() => Reflect.get(window, 'readClipboard')())
  const { key } = await licenseServer.control.createLicense({ method: 'standard', organization: 'Northwind\r\nBcc: all@example.com', plan: 'w'.repeat(3000) })
  await api.save(key)
  await licenseServer.control.changeLicense(key, { status: 'suspended' })
  await api.checkIn()
  await useSession(page, product, api)
  await openLicense(page, product)
  const action = page.getByTestId('primary-action')
  await pressOn(page, action)

  const dialog = page.getByRole('dialog', { name: 'E-mail to support' })
  await expect(dialog.getByRole('button', { name: 'Copy: Address' })).toBeFocused()
  const { instanceId } = await api.license()
  const subject = `Suspended license of Northwind Bcc: all@example.com, installation ${instanceId.slice(0, 4)}…${instanceId.slice(-4)}`
  await expect(dialog.getByTestId('mail-subject')).toHaveText(subject)
  const field = dialog.getByLabel('Text', { exact: true })
  await expect(field).toHaveValue(new RegExp(`^Our license is suspended\\. Please .*\\n\\nInstance ID: ${instanceId}\\n`))
  const text = await field.inputValue()
  expect(text).toContain('w'.repeat(3000))
  for (const [name, value] of [
    ['Copy: Address', 'cs@nocodb.com'], ['Copy: Subject', subject], ['Copy: Text', text], ['Copy all', `To: cs@nocodb.com\nSubject: ${subject}\n\n${text}`],
  ] as const) {
    await pressOn(page, dialog.getByRole('button', { name, exact: true }))
    await expect.poll(copied).toBe(value)
  }
  await pressOn(page, field, 'ControlOrMeta+a')
  expect(await field.evaluate((area: HTMLTextAreaElement) => area.selectionEnd - area.selectionStart)).toBe(text.length)
  const href = await dialog.getByRole('link', { name: 'Open mail program' }).getAttribute('href') ?? ''
  expect(href.length).toBeLessThan(2000)
  expect(bodyOf(new URL(href))).toContain('[Shortened. Press "Copy all"')
  await expect(dialog).toContainText('The mail program gets a shortened text.')
  await page.keyboard.press('Escape')
  await expect(dialog).toBeHidden()
  await expect(action).toBeFocused()
  await expectFocusShown(page)

  const scriptless = await openPage(product, { javaScriptEnabled: false })
  await useSession(scriptless, product, api)
  await scriptless.goto(`${product.url}/admin/license`)
  await expect(statusOf(scriptless).getByRole('link', { name: 'Write to support' })).toHaveAttribute('href', /^mailto:cs@nocodb\.com\?/)
  await expect(scriptless.getByTestId('primary-action')).toBeHidden()
})
