import { expect, test } from './fixtures.ts'
import { openPath } from './screen.ts'

test('the activity lists what happened, newest first, with who and from where, and can be filtered', async ({ licensePage: page, product, api, licenseServer }) => {
  await api.save('nc_demo_standard')
  await licenseServer.control.addFault({ call: 'checkIn', times: 2, fault: { type: 'status', status: 500 } })
  await api.checkIn()
  await api.checkIn()
  await api.checkIn()
  await api.remove()
  await openPath(page, product, '/admin/activity')
  const events = page.getByRole('region', { name: 'Activity' }).getByRole('listitem')
  await expect(events.first()).toBeVisible()
  const of = (kind: string) => events.filter({ has: page.getByRole('heading', { name: kind }) })
  for (const kind of ['License activated', 'Check-in worked', 'Check-in failed', 'License removed', 'Account added']) {
    await expect(of(kind)).toHaveCount(1)
  }
  await expect(of('License activated')).toContainText('by admin@example.com from 127.0.0.1')
  await expect(of('Check-in failed')).toContainText('2 times since')
  const order = await events.getByRole('heading').allInnerTexts()
  const place = (kind: string) => order.findIndex(text => text.startsWith(kind))
  expect(place('License removed')).toBeLessThan(place('Check-in worked'))
  expect(place('Check-in worked')).toBeLessThan(place('Check-in failed'))
  expect(place('Check-in failed')).toBeLessThan(place('License activated'))

  await page.getByLabel('Show').selectOption({ label: 'Check-in failed' })
  await expect(events).toHaveCount(1)
  await expect(events).toContainText('The license server has trouble')
  await page.getByLabel('Show').selectOption({ label: 'Account removed' })
  await expect(page.getByText('None of this kind among what is loaded.')).toBeVisible()
})

test('more than a page of it is loaded on demand', async ({ licensePage: page, product, api }) => {
  for (let nth = 0; nth < 28; nth++) {
    const { body } = await api.request<{ id: string }>('POST', '/api/users', { email: `person${nth}@example.com`, password: 'a long password', role: 'viewer' })
    await api.request('DELETE', `/api/users/${body.id}`)
  }
  await openPath(page, product, '/admin/activity')
  const events = page.getByRole('region', { name: 'Activity' }).getByRole('listitem')
  await expect(events).toHaveCount(50)
  await page.getByRole('button', { name: 'Load more' }).click()
  await expect(events).toHaveCount(57)
  await expect(page.getByText('That is all.')).toBeVisible()
})
