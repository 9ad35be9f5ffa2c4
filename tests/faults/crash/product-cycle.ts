import type { EventView, LicenseView } from '../../../shared/license.ts'
import type { ApiClient, Answer } from '../../product/api-client.ts'
import { createApiClient } from '../../product/api-client.ts'
import type { Product } from '../../product/process.ts'
import { signInSoon, sleep } from '../../api/stand.ts'
import type { Standing } from './standing.ts'
import { standingOf } from './standing.ts'

/** Takes a signed-in client; returns where the product stands. */
export async function askStanding(admin: ApiClient): Promise<Standing> {
  const { body: { events } } = await admin.request<{ events: EventView[] }>('GET', '/api/license/events?limit=60')
  return standingOf(await admin.license(), events)
}

/** Sessions outlive a crash; a new one is made only where there is none yet. */
export async function clientOf(product: Product, cookie: string): Promise<ApiClient> {
  if (cookie === '') return signInSoon(product)
  const client = createApiClient(product.url)
  client.cookie = cookie
  return client
}

export type Change = (admin: ApiClient) => Promise<Answer<LicenseView>>

/** Takes the keys; returns something that changes the license as it stands now. */
export function anyChange(keys: string[], { state }: Standing): Change {
  const key = keys[Math.floor(Math.random() * keys.length)] ?? ''
  const changes: Change[] = state === 'unlicensed'
    ? [admin => admin.save(key)]
    : [admin => admin.save(key), admin => admin.remove(), admin => admin.checkIn(), admin => admin.checkIn()]
  return changes[Math.floor(Math.random() * changes.length)] ?? (admin => admin.save(key))
}

/** Makes one change that is acknowledged; returns where the product stands then. */
export async function changeAcknowledged(admin: ApiClient, keys: string[]): Promise<Standing> {
  const { status, text } = await anyChange(keys, await askStanding(admin))(admin)
  if (status !== 200) throw new Error(`a change was answered ${status}: ${text}`)
  return askStanding(admin)
}

/** Begins a change and kills the product `afterMs` later; returns the license that was acknowledged before its end, if it was. */
export async function killAmid(product: Product, admin: ApiClient, change: Change, afterMs: number): Promise<LicenseView | undefined> {
  const answer = change(admin).then(({ status, body }) => status === 200 ? body : undefined, () => undefined)
  await sleep(afterMs)
  await product.kill()
  return answer
}
