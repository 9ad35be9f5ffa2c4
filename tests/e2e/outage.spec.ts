import { expect, test } from '../support/browser/fixtures.ts'
import { activate, badgeOf, expectState, statusHeading, statusOf } from '../support/browser/screen.ts'

test('while the license server is away the license goes into grace and pauses; once it is back the license is active, with nobody clicking', async ({ licensePage: page, licenseServer, launch }) => {
  await activate(page, 'nc_demo_short')
  const announcement = page.getByTestId('announcement')
  await licenseServer.kill()

  await expectState(page, 'grace', 20_000)
  await expect(badgeOf(page)).toHaveText(/^Grace period, \d+ seconds? left$/)
  await expect(announcement).toHaveText('License status changed: Enterprise is on, but a check-in is overdue.')
  await expect(statusOf(page)).toContainText('No check-in has succeeded since')
  // A call that was under way when it died has seen its end.
  await expect(statusOf(page).getByTestId('finding')).toHaveAttribute('data-cause', /^(refused|reset_while_receiving)$/)

  await expectState(page, 'paused', 20_000)
  await expect(badgeOf(page)).toHaveText('Paused')
  await expect(announcement).toHaveText('License status changed: Enterprise is paused.')
  await expect(statusOf(page)).toContainText('The license is kept: one successful check-in turns everything on again, by itself.')

  await launch.licenseServer(licenseServer.port)
  await expectState(page, 'active', 20_000)
  await expect(statusHeading(page)).toHaveText('Enterprise is on')
  await expect(statusOf(page).getByTestId('finding')).toHaveCount(0)
  await expect(announcement).toHaveText('License status changed: Enterprise is on.')
})
