import { expect, it } from 'vitest'
import { signInSoon, startOwnLicenseServer, startOwnProduct, until } from '../support/stand.ts'

/* An operator stops the product while it is at work. */

/** Longer than the product may take to end. */
const LATE = 15_000

it.each([
  ['a save that would be answered late', LATE], ['a save that is about to be answered', 200],
])('F68: SIGTERM during %s ends the process within 10 s with 0, the license as before or as after', async (_what, ms) => {
  const licenseServer = await startOwnLicenseServer()
  const { control } = licenseServer
  const [before, after] = [await control.createLicense({ method: 'standard' }), await control.createLicense({ method: 'standard' })]
  const product = await startOwnProduct({ licenseServerUrl: licenseServer.url })
  const admin = await signInSoon(product)
  const { body: held } = await admin.save(before.key)
  await control.addFault({ call: 'activate', times: 1, fault: { type: 'delay', ms } })
  const saving = admin.save(after.key).then(({ status }) => status, () => 'cut off')
  await until('the license server has been asked', async () => (await control.getLicense(after.key)).activations === 1)
  const stoppedAt = performance.now()
  expect(await product.stop()).toBe(0)
  expect(performance.now() - stoppedAt).toBeLessThan(10_000)

  const status = await saving
  const again = await startOwnProduct({ licenseServerUrl: licenseServer.url, dataDir: product.dataDir })
  const client = await signInSoon(again)
  const view = await client.license()
  expect(view).toMatchObject({ state: 'active', entitled: true, instanceId: held.instanceId })
  const saved = view.licenseId === after.licenseId
  expect([before.licenseId, after.licenseId]).toContain(view.licenseId)
  expect(view.revision - held.revision).toBe(saved ? 1 : 0)
  // Where the answer was cut off, either may be.
  if (status !== 'cut off') expect(saved).toBe(status === 200)
  expect((await client.save(after.key)).body.licenseId).toBe(after.licenseId)
  expect((await control.getLicense(after.key)).activations).toBe(1)
})
