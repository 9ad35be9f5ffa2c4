import type { EventView, LicenseView } from '../../../shared/contracts.ts'
import type { ApiClient, Answer } from '../../support/api-client.ts'
import { createApiClient } from '../../support/api-client.ts'
import type { Product } from '../../support/product-process.ts'
import { signInSoon, sleep } from '../../support/stand.ts'
import type { Kind, Pace } from './interruptions.ts'
import { aimAt, KINDS } from './interruptions.ts'
import type { Standing } from './standing.ts'
import { standingOf } from './standing.ts'

/** Where the product stands. */
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

interface Change { kind: Kind, make(admin: ApiClient): Promise<Answer<LicenseView>> }

function changeOf(kind: Kind, keys: string[]): Change {
  const key = keys[Math.floor(Math.random() * keys.length)] ?? ''
  const makes = { save: (admin: ApiClient) => admin.save(key), checkIn: (admin: ApiClient) => admin.checkIn(), remove: (admin: ApiClient) => admin.remove() }
  return { kind, make: makes[kind] }
}

/** Makes one change that is acknowledged and after which `next` can be done; returns where the product stands then. */
export async function changeAcknowledged(admin: ApiClient, keys: string[], next: Kind, pace: Pace): Promise<Standing> {
  const { state } = await askStanding(admin)
  const possible = state === 'unlicensed' ? [] : KINDS.filter(kind => next === 'save' || kind !== 'remove')
  const { kind, make } = changeOf(possible[Math.floor(Math.random() * possible.length)] ?? 'save', keys)
  const beganAt = performance.now()
  const { status, text } = await make(admin)
  if (status !== 200) throw new Error(`a change was answered ${status}: ${text}`)
  pace[kind] = performance.now() - beganAt
  return askStanding(admin)
}

/** Begins a change and kills the product at any moment of it, or a little later; returns what it was answered, if it was. */
export async function killAmid(product: Product, admin: ApiClient, keys: string[], kind: Kind, pace: Pace): Promise<Answer<LicenseView> | undefined> {
  const answer = changeOf(kind, keys).make(admin).catch(() => undefined)
  await sleep(aimAt(kind, pace))
  await product.kill()
  return answer
}
