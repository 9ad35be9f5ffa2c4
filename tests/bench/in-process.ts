import { randomBytes, verify } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { GCProfiler } from 'node:v8'
import { createLicenseServerClient } from '../../server/license-server/client.ts'
import { PROTOCOL } from '../../server/license-server/protocol.ts'
import { createKeyring } from '../../server/license/jws.ts'
import { verifyOfflineToken } from '../../server/license/token.ts'
import sandboxKey from '../license-server/keys/sandbox.jwk.json' with { type: 'json' }
import { startLicenseServer } from '../support/vendor/vendor-process.ts'
import type { Figure } from './figure.ts'
import { medianOf, quantile } from './figure.ts'
import { createInstallation, createVendor } from './installation.ts'

/* B1, B3, B4: the domain itself, beside what it is made of. */

const ROUNDS = 5

/** The processor time of this process that each of two workloads takes, ms: medians of rounds that alternate between them. */
async function alternate(ours: () => unknown, reference: () => unknown): Promise<{ ours: number, reference: number }> {
  const cost = async (work: () => unknown) => {
    const before = process.cpuUsage()
    await work()
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1000
  }
  const costs: { ours: number[], reference: number[] } = { ours: [], reference: [] }
  // The first round is for the compiler.
  for (let round = 0; round <= ROUNDS; round++) {
    const pair = { ours: await cost(ours), reference: await cost(reference) }
    if (round === 0) continue
    costs.ours.push(pair.ours)
    costs.reference.push(pair.reference)
  }
  return { ours: medianOf(costs.ours), reference: medianOf(costs.reference) }
}

/** B1: a question to the license within its own process. */
export async function measureFeatureCheck(): Promise<Figure[]> {
  const installation = await createInstallation()
  try {
    await installation.save(installation.nextToken())
    const { service } = installation
    const names = ['sso', 'scim', 'audit-log', 'white-label']
    const licensed = new Set(names.slice(0, 3))
    const times = 2_000_000
    let yes = 0
    let latest = 0
    const { ours, reference } = await alternate(
      () => { for (let nth = 0; nth < times; nth++) if (service.hasFeature(names[nth & 3] ?? '')) yes++ },
      () => {
        for (let nth = 0; nth < times; nth++) {
          latest = Math.max(latest, Date.now())
          if (licensed.has(names[nth & 3] ?? '')) yes++
        }
      },
    )
    if (yes !== 2 * (ROUNDS + 1) * times * 3 / 4 || latest === 0) throw new Error(`the license answered otherwise: ${yes}`)
    const machine = { wall: () => Date.now(), elapsed: () => performance.now() }
    const allocated = {
      ours: allocatedBy(10 * times, (nth) => { if (service.hasFeature(names[nth & 3] ?? '')) yes++ }),
      reference: allocatedBy(10 * times, () => { latest = Math.max(latest, machine.wall() - machine.elapsed()) }),
    }
    const each = (ms: number) => ms * 1_000_000 / times
    return [
      { id: 'B1', what: 'is a feature licensed? in process, beside Set.has and Date.now', ours: each(ours), reference: each(reference), unit: 'ns', budget: { most: 2 } },
      { id: 'B1', what: 'memory allocated by that question, beside a reading of the wall clock and of elapsed time', ...allocated, unit: 'bytes', budget: { most: 1 } },
    ]
  }
  finally {
    await installation.dispose()
  }
}

/** The bytes that a call allocates on the heap, between the first and the last collection of so many calls. */
function allocatedBy(times: number, call: (nth: number) => void): number {
  const profiler = new GCProfiler()
  profiler.start()
  for (let nth = 0; nth < times; nth++) call(nth)
  const collections = profiler.stop()?.statistics ?? []
  const used = collections.map(({ beforeGC, afterGC }) => ({ before: beforeGC.heapStatistics.usedHeapSize, after: afterGC.heapStatistics.usedHeapSize }))
  const grown = used.slice(1).map(({ before }, at) => before - (used[at]?.after ?? 0))
  return grown.reduce((sum, bytes) => sum + bytes, 0) / times
}

/** B3: the whole judgement of a token. */
export async function measureVerification(): Promise<Figure[]> {
  const vendor = createVendor()
  const keyring = await createKeyring(vendor.jwks)
  const { input, signature, text } = vendor.token('0'.repeat(32))
  const times = 3_000
  const { ours, reference } = await alternate(
    async () => { for (let nth = 0; nth < times; nth++) await verifyOfflineToken(text, keyring) },
    () => { for (let nth = 0; nth < times; nth++) verify(null, input, vendor.publicKey, signature) },
  )
  const each = (ms: number) => ms * 1000 / times
  return [{ id: 'B3', what: 'judging an offline token, beside a raw Ed25519 verification (processor time)', ours: each(ours), reference: each(reference), unit: 'µs', budget: { most: 1.9 } }]
}

/** B4: from a pasted token or key to an acknowledged license. */
export async function measureSaving(): Promise<Figure[]> {
  return [...await measureToken(), ...await measureActivation()]
}

async function measureToken(): Promise<Figure[]> {
  const installation = await createInstallation()
  const reference = openReference(installation.folder)
  try {
    return await compareSaves('saving an offline token', reference, () => {
      const token = installation.nextToken()
      return timed(() => installation.save(token))
    })
  }
  finally {
    reference.close()
    await installation.dispose()
  }
}

/** Less the license server's time: what the bare call takes, made right after. */
async function measureActivation(): Promise<Figure[]> {
  const licenseServer = await startLicenseServer()
  const { kid, x } = sandboxKey
  const server = createLicenseServerClient({ baseUrl: licenseServer.url, version: '0.0.0', proxyFor: () => '' })
  const installation = await createInstallation({ server, jwks: { keys: [{ kid, kty: 'OKP', crv: 'Ed25519', x }] } })
  const reference = openReference(installation.folder)
  const key = 'nc_demo_standard'
  const call = async () => {
    const body = { license_key: key, instance_id: installation.instanceId, nonce: randomBytes(16).toString('hex'), version: '0.0.0', kids: [kid] }
    const { method, path } = PROTOCOL.activate
    const answer = await fetch(licenseServer.url + path, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
    if (!answer.ok) throw new Error(await answer.text())
    await answer.text()
  }
  try {
    return await compareSaves('an activation less the call itself', reference, async () => {
      const whole = await timed(() => installation.save(key))
      return whole - await timed(call)
    })
  }
  finally {
    reference.close()
    await installation.dispose()
    await licenseServer.stop()
  }
}

/** A database of one table beside the installation's. */
function openReference(folder: string) {
  const database = new DatabaseSync(join(folder, 'reference.db'))
  database.exec('pragma journal_mode = wal; pragma synchronous = full; create table rows (id integer primary key, text text)')
  const insert = database.prepare('insert into rows (text) values (?)')
  const text = 'x'.repeat(700)
  return { insert: () => timed(() => { insert.run(text) }), close: () => database.close() }
}

async function compareSaves(what: string, { insert }: { insert(): Promise<number> }, save: () => Promise<number>): Promise<Figure[]> {
  const took: { ours: number[], reference: number[] } = { ours: [], reference: [] }
  for (let nth = 0; nth < 220; nth++) {
    took.ours.push(await save())
    took.reference.push(await insert())
  }
  const [ours, reference] = [took.ours.slice(20), took.reference.slice(20)]
  return ([['p50', 0.5, 3], ['p95', 0.95, 6]] as const).map(([name, share, most]) => ({
    id: 'B4', what: `${what}, beside one fsynced SQLite insert, ${name}`, unit: 'ms', budget: { most },
    ours: quantile(ours, share), reference: quantile(reference, share),
  }))
}

async function timed(work: () => unknown): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}
