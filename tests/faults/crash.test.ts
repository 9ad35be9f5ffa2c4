import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { signInSoon, sleep, startOwnLicenseServer, startOwnProduct, until } from '../support/stand.ts'
import type { SandboxControl } from '../support/vendor/control-client.ts'
import type { LicenseServerProcess } from '../support/vendor/vendor-process.ts'
import { startLicenseServer } from '../support/vendor/vendor-process.ts'
import type { ApiClient } from '../support/api-client.ts'
import type { Product } from '../support/product-process.ts'
import { startProduct } from '../support/product-process.ts'
import type { Plan } from './crash/domain-cycle.ts'
import { bundleDomain, liveAndDie } from './crash/domain-cycle.ts'
import type { Interruptions } from './crash/interruptions.ts'
import { ENOUGH_CYCLES, KINDS, noInterruptions, somePace, unprovenOf } from './crash/interruptions.ts'
import { askStanding, changeAcknowledged, clientOf, killAmid } from './crash/product-cycle.ts'
import type { Standing } from './crash/standing.ts'
import { complaintsAbout } from './crash/standing.ts'
import { tally } from '../support/tally.ts'

/*
 * `kill -9` over saves, check-ins and removals. A cycle: an acknowledged change, another one begun, the process killed at any
 * moment of it, started again, compared with what was acknowledged. A start of the whole product takes seconds, so that few of
 * the cycles kill it, and most kill a process with all of it but Nitro (crash/domain-process.ts).
 */

const CYCLES = Number(process.env.CRASH_CYCLES ?? 1000)
const WHOLE = Math.max(1, Math.round(0.15 * CYCLES))
const DOMAIN = Math.max(1, CYCLES - WHOLE)
/** Installations that live and die at the same time: a cycle spends much of its time waiting for a process to start and to end. */
const SIDE_BY_SIDE = 2

async function newKeys({ control }: LicenseServerProcess): Promise<string[]> {
  const created = [await control.createLicense({ method: 'standard' }), await control.createLicense({ method: 'standard', seats: 7 })]
  return created.map(({ key }) => key)
}

/** Whatever was interrupted: the installation that holds a license takes exactly one seat of it. */
async function expectOneSeat(licenseServer: LicenseServerProcess, key: string, instanceId: string): Promise<void> {
  const { activations, deactivations, boundTo } = await licenseServer.control.getLicense(key)
  expect({ seats: activations - deactivations, boundTo }).toEqual({ seats: 1, boundTo: [instanceId] })
}

describe.concurrent('kill -9', () => {
  it(`F60: ${WHOLE} times over the whole product loses nothing acknowledged, serves nothing by half, keeps the Instance ID`, async ({ expect, onTestFinished }) => {
    const licenseServer = await startLicenseServer()
    onTestFinished(() => licenseServer.stop())
    const [first = '', ...others] = await newKeys(licenseServer)
    const keys = [first, ...others]
    let product = await startProduct({ licenseServerUrl: licenseServer.url })
    onTestFinished(() => product.dispose())
    let cookie = ''
    let admin: ApiClient = await clientOf(product, cookie)
    const complaints: string[] = []
    let failedStarts = 0
    const pace = somePace()
    const kills = noInterruptions()
    for (let cycle = 1; cycle <= WHOLE; cycle++) {
      const target = KINDS[cycle % KINDS.length] ?? 'save'
      const acknowledged = await changeAcknowledged(admin, keys, target, pace)
      cookie = admin.cookie
      const answer = await killAmid(product, admin, keys, target, pace)
      if (answer) kills.finished++
      else kills.killed[target]++
      if (answer && answer.status !== 200) complaints.push(`cycle ${cycle}: answered ${answer.status}: ${answer.text}`)
      const again = await startAfterCrash(product, licenseServer.url)
      if (!again) {
        failedStarts++
        break
      }
      product = again
      admin = await clientOf(product, cookie)
      const found = await askStanding(admin)
      complaints.push(...complaintsAbout(acknowledged, found).map(what => `cycle ${cycle}: ${what}`))
      const kept = !answer || (found.revision === answer.body.revision && found.licenseId === answer.body.licenseId)
      if (!kept) complaints.push(`cycle ${cycle}: what was acknowledged last was lost`)
    }
    console.log(`F60: ${WHOLE} cycles of the whole product: ${JSON.stringify(kills)}`)
    tally({ row: 'F60', tried: WHOLE, lost: complaints.length, crashed: failedStarts })
    expect({ complaints, failedStarts }).toEqual({ complaints: [], failedStarts: 0 })
    if (WHOLE >= ENOUGH_CYCLES) expect(unprovenOf(kills, WHOLE), JSON.stringify(kills)).toEqual([])
    expect((await admin.save(first)).status).toBe(200)
    await expectOneSeat(licenseServer, first, (await admin.license()).instanceId)
  })

  it(`F60: ${DOMAIN} times over the license service, its database and its client loses nothing either`, async ({ expect, onTestFinished }) => {
    const folder = await mkdtemp(join(tmpdir(), 'nc-crash-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    const program = await bundleDomain(folder)
    const seen: Seen = { complaints: [], changes: 0, kills: noInterruptions(), failedStarts: 0 }
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, async (_, nth) => {
      const licenseServer = await startLicenseServer()
      onTestFinished(() => licenseServer.stop())
      const databaseUrl = `file:${join(folder, `license-${nth}.db`)}`
      const cycles = Math.floor((DOMAIN + nth) / SIDE_BY_SIDE)
      await dieAgainAndAgain(cycles, { program, databaseUrl, serverUrl: licenseServer.url, keys: await newKeys(licenseServer) }, seen)
    }))
    const { complaints, changes, kills, failedStarts } = seen
    console.log(`F60: ${DOMAIN} cycles of the license service, ${changes} changes acknowledged: ${JSON.stringify(kills)}`)
    tally({ row: 'F60', tried: DOMAIN, lost: complaints.length, crashed: failedStarts })
    expect(complaints).toEqual([])
    expect(changes).toBeGreaterThanOrEqual(DOMAIN)
    if (DOMAIN >= ENOUGH_CYCLES) expect(unprovenOf(kills, DOMAIN), JSON.stringify(kills)).toEqual([])
  })
})

/** What the cycles of all installations have come to. */
interface Seen { complaints: string[], changes: number, kills: Interruptions, failedStarts: number }

/** Takes one installation through so many cycles of the domain's process, up to the first start that fails, and adds to `seen`. */
async function dieAgainAndAgain(cycles: number, plan: Pick<Plan, 'program' | 'databaseUrl' | 'serverUrl' | 'keys'>, seen: Seen): Promise<void> {
  const pace = somePace()
  let last: Standing | undefined
  for (let cycle = 1; cycle <= cycles; cycle++) {
    const life = await liveAndDie({ ...plan, changes: 1 + cycle % 4, target: KINDS[cycle % KINDS.length] ?? 'save', pace })
    if (!life.started || !life.last) {
      seen.failedStarts++
      seen.complaints.push(`cycle ${cycle}: ${life.errors}`)
      return
    }
    if (life.errors) seen.complaints.push(`cycle ${cycle}: ${life.errors}`)
    if (last) seen.complaints.push(...complaintsAbout(last, life.started).map(what => `cycle ${cycle}: ${what}`))
    last = life.last
    seen.changes += life.acknowledged
    if (life.finished) seen.kills.finished++
    if (life.amid) seen.kills.killed[life.amid]++
  }
}

async function startAfterCrash({ dataDir }: Product, licenseServerUrl: string): Promise<Product | undefined> {
  try {
    return await startProduct({ licenseServerUrl, dataDir })
  }
  catch (error) {
    console.error(String(error))
    return undefined
  }
}

const ANSWER_DELAY = 60
const BETWEEN = Number(process.env.CRASH_BETWEEN ?? 20)

describe('a crash between the license server\'s answer and our write', () => {
  it(`F61: ${BETWEEN} times: saving again works and takes no second activation`, async () => {
    const { url: licenseServerUrl, control } = await startOwnLicenseServer()
    let product = await startProduct({ licenseServerUrl })
    onTestFinished(() => product.dispose())
    let admin = await signInSoon(product)
    const { instanceId } = await admin.license()
    let between = 0
    for (let nth = 0; nth < BETWEEN; nth++) {
      const { key, licenseId } = await control.createLicense({ method: 'standard' })
      await control.addFault({ call: 'activate', times: 1, fault: { type: 'delay', ms: ANSWER_DELAY } })
      const saving = admin.save(key).catch(() => undefined)
      await decided(control, key)
      // Its answer is on the way, is being verified and written, or has just been.
      await sleep(Math.random() * ANSWER_DELAY * 1.5)
      await product.kill()
      await saving
      product = await startProduct({ licenseServerUrl, dataDir: product.dataDir })
      admin = await clientOf(product, admin.cookie)
      if ((await admin.license()).licenseId !== licenseId) between++
      const again = await admin.save(key)
      expect(again.status, again.text).toBe(200)
      expect(again.body).toMatchObject({ state: 'active', licenseId, instanceId })
      expect(await control.getLicense(key)).toMatchObject({ activations: 1, deactivations: 0, boundTo: [instanceId] })
    }
    console.log(`F61: ${BETWEEN} crashes, ${between} of them between the license server's decision and our write`)
    expect(between).toBeGreaterThan(0)
    tally({ row: 'F61', tried: between })
  })
})

/** Resolves as soon as the license server has given the seat away, without the pause of `until`: its answer follows within milliseconds. */
async function decided(control: SandboxControl, key: string): Promise<void> {
  for (const end = performance.now() + 30_000; performance.now() < end;) {
    if ((await control.getLicense(key)).activations > 0) return
  }
  throw new Error('the license server never decided')
}

const INTERRUPTED = [
  ['a save that is answered late', 'activate', { type: 'delay', ms: 700 }],
  ['a save that is never answered', 'activate', { type: 'hang' }],
  ['a check-in that is answered late', 'checkIn', { type: 'delay', ms: 700 }],
  ['a check-in that is never answered', 'checkIn', { type: 'hang' }],
] as const

describe('SIGTERM', () => {
  it.each(INTERRUPTED)('F68: during %s ends the process within 10 s with 0, the license as before or as after', async (_what, call, fault) => {
    const licenseServer = await startOwnLicenseServer()
    const keys = await newKeys(licenseServer)
    const product = await startOwnProduct({ licenseServerUrl: licenseServer.url })
    const admin = await signInSoon(product)
    expect((await admin.save(keys[0] ?? '')).status).toBe(200)
    const before = await askStanding(admin)
    await licenseServer.control.clearRequests()
    await licenseServer.control.addFault({ call, times: 1, fault })
    const begun = (call === 'activate' ? admin.save(keys[1] ?? '') : admin.checkIn()).then(({ status }) => status, () => 0)
    await until('the license server has been asked', async () => (await licenseServer.control.requests()).length > 0)
    const endedAt = performance.now()
    expect(await product.stop()).toBe(0)
    expect(performance.now() - endedAt).toBeLessThan(10_000)
    const status = await begun
    const again = await startOwnProduct({ licenseServerUrl: licenseServer.url, dataDir: product.dataDir })
    const after = await askStanding(await clientOf(again, admin.cookie))
    expect(complaintsAbout(before, after)).toEqual([])
    // 0: the connection went away first, and with it what the answer would have said.
    if (call === 'activate' && status !== 0) expect(after.revision > before.revision).toBe(status === 200)
    tally({ row: 'F68', tried: 1 })
  })
})
