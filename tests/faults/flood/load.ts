import { randomBytes } from 'node:crypto'
import { TYP } from '../../../server/license/claims.ts'
import { sleep } from '../../support/stand.ts'
import type { ApiClient } from '../../support/api-client.ts'
import { encode, sandboxKey } from '../hostile/mint.ts'

export interface Seen { saves: Map<string, number>, reads: Map<number, number>, slowestReadMs: number }

const HEADER = { alg: 'EdDSA', kid: sandboxKey.kid, typ: TYP.offline }

/** Keys that exist, keys that do not, and tokens that nobody signed: each goes another way. */
function anyCredential(): string {
  const kinds = [
    () => 'nc_demo_short', () => `nc_${randomBytes(12).toString('hex')}`, () => 'not a credential',
    () => `${encode(JSON.stringify(HEADER))}.${encode('{"sub":"lic_flood"}')}.${encode(randomBytes(64))}`,
  ]
  return (kinds[Math.floor(Math.random() * kinds.length)] ?? kinds[0])?.() ?? ''
}

function count<K>(counts: Map<K, number>, name: K): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}

/** Lets `perSecond` saves arrive for `seconds`, by turns of the clients, while `reader` asks for the license all the time; returns how they were answered. */
export async function flood(clients: ApiClient[], reader: ApiClient, seconds: number, perSecond: number): Promise<Seen> {
  const seen: Seen = { saves: new Map(), reads: new Map(), slowestReadMs: 0 }
  const open = new Set<Promise<void>>()
  const end = performance.now() + seconds * 1000
  const reading = (async () => {
    while (performance.now() < end) {
      const at = performance.now()
      count(seen.reads, (await reader.request('GET', '/api/license')).status)
      seen.slowestReadMs = Math.max(seen.slowestReadMs, performance.now() - at)
      await sleep(100)
    }
  })()
  const startedAt = performance.now()
  for (let nth = 0; performance.now() < end; nth++) {
    const client = clients[nth % clients.length]
    if (!client) throw new Error('nobody saves')
    const saving = client.save(anyCredential())
      .then(({ status, error }) => count(seen.saves, `${status} ${error?.code ?? ''}`.trim()), () => count(seen.saves, 'no answer'))
      .finally(() => open.delete(saving))
    open.add(saving)
    await sleep(Math.max(0, startedAt + nth * 1000 / perSecond - performance.now()))
  }
  await reading
  await Promise.all(open)
  return seen
}
