import { expect, it } from 'vitest'
import { visit, watchFeature } from '../support/visitor/visit.ts'
import { HEAP_OPTIONS, liveHeapMiB } from '../support/heap.ts'
import { startOwnProduct } from '../support/stand.ts'

/* The short form of tests/faults/visitor.test.ts. */

it('F80: what a visitor without an account asks for, whatever its name, is not kept', async () => {
  const product = await startOwnProduct({ licenseServerUrl: 'http://127.0.0.1:9', env: HEAP_OPTIONS })
  const stopWatching = watchFeature(product)
  const warmUp = await visit(product, 20, 100)
  expect(warmUp.failures).toEqual([])
  const before = await liveHeapMiB(product)
  const seen = await visit(product, 50, 250)
  const after = await liveHeapMiB(product)
  const features = await stopWatching()
  expect(seen.asked).toBe(4200)
  expect(seen.failures).toEqual([])
  // Not licensed, but answered.
  expect([...features.keys()]).toEqual([402])
  expect(after - before).toBeLessThan(10)
})
