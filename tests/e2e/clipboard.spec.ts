import type { Page } from '@playwright/test'
import { expect, test, useSession } from '../support/browser/fixtures.ts'
import { expectFailure, expectState, openLicense, openPath, saveCredential, statusOf } from '../support/browser/screen.ts'

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
    await page.getByRole('link', { name: 'Copy a link to this section: Which method?' }).click()
    await expect(page).toHaveURL(/#method$/)
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
  const href = await statusOf(page).getByRole('link', { name: 'Write to support' }).getAttribute('href') ?? ''
  const mail = new URL(href)
  expect([mail.protocol, mail.pathname, mail.searchParams.get('subject')]).toEqual(['mailto:', 'cs@nocodb.com', 'NocoDB license: revoked'])
  expect([...mail.searchParams.keys()]).toEqual(['subject', 'body'])
  expect(href).not.toMatch(/[\s<>"]/)
  await statusOf(page).getByRole('button', { name: 'Copy for support' }).click()
  const copied = await page.evaluate(() => navigator.clipboard.readText())
  const withoutClock = (text: string | null) => text?.replace(/^Server time: .*$/m, '').trim()
  expect(withoutClock(mail.searchParams.get('body'))).toBe(`revoked\n\n${withoutClock(copied)}`)
  expect(copied).toContain(`Instance ID: ${(await api.license()).instanceId}`)
  await saveCredential(page, 'nc_demo_revoked')
  const alert = await expectFailure(page, 'LICENSE_REVOKED', 'This license was revoked')
  const refused = new URL(await alert.getByRole('link', { name: 'Write to support' }).getAttribute('href') ?? '')
  expect(refused.searchParams.get('subject')).toBe('NocoDB license: NCL-104 LICENSE_REVOKED')
  expect(refused.searchParams.get('body')).toContain(`Instance ID: ${(await api.license()).instanceId}`)
  for (const secret of [key, 'nc_demo_revoked', 'admin@example.com']) expect(href + copied + refused.href).not.toContain(secret)
})
