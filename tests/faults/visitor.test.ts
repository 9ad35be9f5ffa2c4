import { expect, it } from 'vitest'
import { signInSoon, startOwnLicenseServer, startOwnProduct } from '../support/stand.ts'
import { HEAP_OPTIONS, liveHeapMiB } from '../support/heap.ts'
import { tally } from '../support/tally.ts'
import { SHAPES } from '../support/visitor/shapes.ts'
import { visit, watchFeature } from '../support/visitor/visit.ts'

/* Somebody without an account, a hundred thousand requests, each with a name of its own. */

const PAGES_EACH = 1250
const OTHERS_EACH = 5940
/** What may be more afterwards (MiB): nothing that grows with the number of names. */
const MARGIN = 20

it('F80: a visitor who asks for a hundred thousand different things leaves the memory as it was, and features answered', async () => {
  const licenseServer = await startOwnLicenseServer()
  const product = await startOwnProduct({ licenseServerUrl: licenseServer.url, env: HEAP_OPTIONS })
  expect((await (await signInSoon(product)).save('nc_demo_standard')).status).toBe(200)
  const stopWatching = watchFeature(product)
  const warmUp = await visit(product, 150, 300)
  expect(warmUp.failures).toEqual([])
  const before = await liveHeapMiB(product)

  const seen = await visit(product, PAGES_EACH, OTHERS_EACH)
  const after = await liveHeapMiB(product)
  const features = await stopWatching()
  console.log(`F80: ${JSON.stringify({ mibBefore: before, mibAfter: after, asked: seen.asked, pages: seen.pages, statuses: Object.fromEntries(seen.statuses), features: Object.fromEntries(features) })}`)

  expect(SHAPES.length).toBe(20)
  expect(seen.asked).toBeGreaterThanOrEqual(100_000)
  expect(seen.pages).toBeLessThanOrEqual(5000)
  expect(seen.failures).toEqual([])
  expect([...features.keys()]).toEqual([204])
  expect(features.get(204)).toBeGreaterThan(50)
  expect(after - before).toBeLessThan(MARGIN)
  tally({ row: 'F80', tried: seen.asked, crashed: seen.failures.length })
})
