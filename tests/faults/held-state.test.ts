import { expect, it, onTestFinished } from 'vitest'
import { signInSoon, sleep, startOwnLicenseServer } from '../support/stand.ts'
import type { Entitlements } from '../../shared/contracts.ts'
import { createApiClient } from '../support/api-client.ts'
import { SERVICE_TOKEN, startProduct } from '../support/product-process.ts'
import type { Product } from '../support/product-process.ts'
import { tally } from '../support/tally.ts'

/* The built product, killed again and again before its check-in can end, on a license server that says nothing. */

const KILLS = Number(process.env.HELD_STATE_KILLS ?? 20)
const LIFE = 4_000
const GRACE = 3
/** What is held, and how long a start takes until it can be asked. */
const LONGEST_HOLD = 10_000

async function isEntitled({ url }: Product): Promise<boolean> {
  const { status, body } = await createApiClient(url).request<Entitlements>('GET', '/api/entitlements', undefined, { authorization: `Bearer ${SERVICE_TOKEN}` })
  expect(status).toBe(200)
  return body.entitled
}

it(`F83: killed ${KILLS} times after ${LIFE / 1000} s each, a paused license is held for one interval in all`, async () => {
  const licenseServer = await startOwnLicenseServer()
  const { key } = await licenseServer.control.createLicense({ method: 'standard', every: 1, grace: GRACE })
  const options = { licenseServerUrl: licenseServer.url }
  let product = await startProduct(options)
  onTestFinished(() => product.dispose())
  expect((await (await signInSoon(product)).save(key)).status).toBe(200)
  await product.kill()
  await licenseServer.control.addFault({ call: 'checkIn', fault: { type: 'hang' } })
  await sleep((GRACE + 2) * 1000)

  const samples: { life: number, at: number, entitled: boolean }[] = []
  const startedAt = performance.now()
  for (let life = 0; life < KILLS; life++) {
    product = await startProduct({ ...options, dataDir: product.dataDir })
    const bornAt = performance.now()
    while (performance.now() - bornAt < LIFE) {
      samples.push({ life, at: performance.now() - startedAt, entitled: await isEntitled(product) })
      await sleep(200)
    }
    await product.kill()
  }
  // The interval begins after the first start has begun: nothing is entitled later than this.
  const late = samples.filter(({ entitled, at }) => entitled && at > LONGEST_HOLD + LIFE)
  expect(samples.some(({ life, entitled }) => life === 0 && entitled)).toBe(true)
  expect(samples.length).toBeGreaterThan(KILLS * 5)
  expect(late).toEqual([])
  tally({ row: 'F83', tried: KILLS, accepted: late.length })

  await licenseServer.control.clearFaults()
  product = await startProduct({ ...options, dataDir: product.dataDir })
  await (await signInSoon(product)).waitFor(({ entitled }) => entitled)
})
