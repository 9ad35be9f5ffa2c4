import { describe, expect, it } from 'vitest'
import { ERRORS } from '../../shared/errors.ts'
import { addAdmin, signInSoon, startOwnLicenseServer, startOwnProduct } from '../support/stand.ts'
import type { ApiClient } from '../support/api-client.ts'
import type { Product } from '../support/product-process.ts'
import type { Seen } from './flood/load.ts'
import { flood } from './flood/load.ts'
import { MISBEHAVIOUR, misbehave } from './flood/misbehaviour.ts'
import { handlesOf, residentMiB, untilHandlesAreBack } from '../support/process-figures.ts'
import { tally } from '../support/tally.ts'

/* Every misfortune at once: fifty saves a second, and a license server that does everything wrong, one thing after the other. */

const SECONDS = Number(process.env.FLOOD_SECONDS ?? 60)
const PER_SECOND = 50
/** Little enough that what leaks ends the process. */
const env = { NODE_OPTIONS: '--max-old-space-size=192' }
/** Ten of each one's saves a minute reach the license server. */
const ADMINS = 30
const DOCUMENTED = new Set(['200', ...Object.entries(ERRORS).map(([code, { status }]) => `${status} ${code}`)])

async function crowdOf(product: Product): Promise<{ admin: ApiClient, crowd: ApiClient[] }> {
  const admin = await signInSoon(product)
  const crowd: ApiClient[] = []
  for (let nth = 0; nth < ADMINS; nth++) crowd.push(await addAdmin(admin, product, `admin${nth}@example.com`))
  return { admin, crowd }
}

function expectAnswered({ saves, reads }: Seen): void {
  expect([...reads.keys()]).toEqual([200])
  expect([...saves.keys()].filter(answer => !DOCUMENTED.has(answer))).toEqual([])
  expect([...saves.keys()].filter(answer => answer.startsWith('500'))).toEqual([])
}

async function expectFlat(name: string, product: Product, admin: ApiClient, crowd: ApiClient[], seconds: number): Promise<Seen> {
  const { pid } = product.process
  if (pid === undefined) throw new Error('the product has no process id')
  const handlesBefore = handlesOf(pid)
  await flood(crowd, admin, seconds / 3, PER_SECOND)
  const memoryBefore = residentMiB(pid)
  const seen = await flood(crowd, admin, seconds, PER_SECOND)
  const handles = await untilHandlesAreBack(pid, handlesBefore)
  const memory = residentMiB(pid)
  console.log(`${name}: ${JSON.stringify({
    mibBefore: Math.round(memoryBefore), mibAfter: Math.round(memory), before: handlesBefore, after: handles,
    slowestReadMs: Math.round(seen.slowestReadMs), saves: Object.fromEntries(seen.saves), reads: Object.fromEntries(seen.reads),
  })}`)
  expectAnswered(seen)
  expect(memory / memoryBefore).toBeLessThan(1.6)
  return seen
}

const sum = (counts: Map<unknown, number>) => [...counts.values()].reduce((total, count) => total + count, 0)

describe('a license server that misbehaves while fifty saves a second arrive', () => {
  it('F31 F34 F35 F36 F37 F38 F39 F40: leaves every look at the license answered, memory flat, and no handle behind', async () => {
    const licenseServer = await startOwnLicenseServer()
    const product = await startOwnProduct({ licenseServerUrl: licenseServer.url, env })
    const { admin, crowd } = await crowdOf(product)
    expect((await admin.save('nc_demo_short')).status).toBe(200)
    const trouble = misbehave(licenseServer.control, SECONDS * 1000 / 4)
    const seen = await expectFlat('F31…F40', product, admin, crowd, SECONDS)
    expect(trouble.shown()).toBeGreaterThanOrEqual(MISBEHAVIOUR.length)
    await trouble.stop()
    // Whatever was shown: one good answer, and all is well.
    const first = await admin.save('nc_demo_short')
    // A check-in that lifts a verdict may come in between; who saves is told so, and saves again.
    const saved = first.status === 409 ? await admin.save('nc_demo_short') : first
    expect(saved.status, saved.text).toBe(200)
    expect(await admin.waitFor(({ state }) => state === 'active', 60_000)).toMatchObject({ entitled: true, reason: null })
    for (const row of ['F31', 'F34', 'F35', 'F36', 'F37', 'F38', 'F39', 'F40']) tally({ row, tried: Math.floor(sum(seen.saves) / 8) })
  })

  it('F30: so does one whose name nobody knows', async () => {
    const product = await startOwnProduct({ licenseServerUrl: 'https://license-server.invalid', env })
    const { admin, crowd } = await crowdOf(product)
    const seen = await expectFlat('F30', product, admin, crowd, SECONDS / 4)
    expect([...seen.saves.keys()]).toContain('502 NET_DNS')
    tally({ row: 'F30', tried: seen.saves.get('502 NET_DNS') ?? 0 })
  })
})
