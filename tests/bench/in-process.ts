import { verify } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { createKeyring } from '../../server/license/jws.ts'
import { verifyOfflineToken } from '../../server/license/token.ts'
import type { Figure } from './figure.ts'
import { medianOf, quantile } from './figure.ts'
import { createOfflineInstallation, createVendor } from './offline-installation.ts'

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
  const installation = await createOfflineInstallation()
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
    const each = (ms: number) => ms * 1_000_000 / times
    return [{ id: 'B1', what: 'is a feature licensed? in process, beside Set.has and Date.now', ours: each(ours), reference: each(reference), unit: 'ns', budget: { most: 2 } }]
  }
  finally {
    await installation.dispose()
  }
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

/** B4: from a pasted token to an acknowledged license. */
export async function measureSaving(): Promise<Figure[]> {
  const installation = await createOfflineInstallation()
  const database = new DatabaseSync(join(installation.folder, 'reference.db'))
  try {
    database.exec('pragma journal_mode = wal; pragma synchronous = full; create table rows (id integer primary key, text text)')
    const insert = database.prepare('insert into rows (text) values (?)')
    const took: { ours: number[], reference: number[] } = { ours: [], reference: [] }
    for (let nth = 0; nth < 220; nth++) {
      const token = installation.nextToken()
      took.ours.push(await timed(() => installation.save(token)))
      took.reference.push(await timed(() => { insert.run(token) }))
    }
    const [ours, reference] = [took.ours.slice(20), took.reference.slice(20)]
    return ([['p50', 0.5, 3], ['p95', 0.95, 6]] as const).map(([name, share, most]) => ({
      id: 'B4', what: `saving an offline token, beside one fsynced SQLite insert, ${name}`, unit: 'ms', budget: { most },
      ours: quantile(ours, share), reference: quantile(reference, share),
    }))
  }
  finally {
    database.close()
    await installation.dispose()
  }
}

async function timed(work: () => unknown): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}
