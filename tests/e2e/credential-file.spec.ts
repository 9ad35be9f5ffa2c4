import type { Page } from '@playwright/test'
import { expect, test } from '../support/browser/fixtures.ts'
import { tabTo } from '../support/browser/focus.ts'
import { expectState, fieldOf, fillField, pressSave } from '../support/browser/screen.ts'

/* A key or token that comes as a file. */

const chooser = (page: Page) => page.getByLabel('Choose a file')
const hint = (page: Page) => page.locator('#credential-hint')
const file = (buffer: Buffer, name = 'license.txt') => ({ name, mimeType: 'text/plain', buffer })

/** Drags a file over an element and lets it go there. Whether the page took the drop, or a browser would show the file. */
async function dropFile(page: Page, selector: string, text: string): Promise<{ over: boolean, taken: boolean }> {
  return page.locator(selector).evaluate(async (element, content) => {
    const dataTransfer = new DataTransfer()
    dataTransfer.items.add(new File([content], 'license.jwt'))
    const send = (type: string) => !element.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }))
    send('dragenter')
    send('dragover')
    await new Promise(requestAnimationFrame)
    const over = document.querySelector('[data-testid=drop-zone]')?.classList.contains('over') === true
    return { over, taken: send('drop') }
  }, text)
}

test('a file is chosen by keyboard, its text is judged, and saved', async ({ licensePage: page, api, licenseServer }) => {
  const token = await licenseServer.control.issueToken({ instance_id: (await api.license()).instanceId })
  // From here on, so that the browser surely hands the dialog over by the time it is opened.
  const opened = page.waitForEvent('filechooser')
  await tabTo(page, chooser(page))
  await page.keyboard.press('Enter')
  await (await opened).setFiles(file(Buffer.from(`${token}\r\n`), 'license.jwt'))
  await expect(fieldOf(page)).toHaveValue(`${token}\n`)
  await expect(page.getByTestId('preview')).toHaveAttribute('data-accepted', 'true')
  await page.getByTestId('save').click()
  await expectState(page, 'active')
})

test('what is no text file is told at the field, until something else is there', async ({ licensePage: page }) => {
  await fillField(page, 'nc_demo_standard')
  for (const [buffer, said] of [
    [Buffer.alloc(65_537, 'x'), 'This file is too large for a license'], [Buffer.alloc(0), 'This file is empty.'],
    [Buffer.from([0x89, 0x50, 0x4E, 0x47, 0, 0]), 'This is not a text file.'],
  ] as const) {
    await chooser(page).setInputFiles(file(buffer))
    await expect(hint(page)).toContainText(said)
    await expect(fieldOf(page)).toHaveAttribute('aria-invalid', 'true')
    await expect(fieldOf(page)).toHaveValue('nc_demo_standard')
  }
  await chooser(page).setInputFiles(file(Buffer.from('nc_demo_standard')))
  await expect(fieldOf(page)).toHaveAttribute('data-method', 'standard')
  await pressSave(page, 'nc_demo_standard')
  await expectState(page, 'active')
})

test('a file that is dropped onto the field is taken, and beside it the page stays', async ({ licensePage: page }) => {
  expect(await dropFile(page, 'h1', 'nc_demo_standard')).toEqual({ over: false, taken: true })
  await expect(fieldOf(page)).toHaveValue('')
  expect(await dropFile(page, '#credential', 'nc_ag_demo_airgapped')).toEqual({ over: true, taken: true })
  await expect(fieldOf(page)).toHaveValue('nc_ag_demo_airgapped')
  await expect(fieldOf(page)).toHaveAttribute('data-method', 'airgapped')
  await expect(page.getByTestId('drop-zone')).not.toHaveClass(/over/)
})
