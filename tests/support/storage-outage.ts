import { expect } from 'vitest'
import type { ApiClient } from './api-client.ts'
import { createApiClient } from './api-client.ts'
import { expectError } from './expect-error.ts'
import type { Product } from './product-process.ts'
import { ADMIN, SERVICE_TOKEN } from './product-process.ts'
import { quickestOf } from './stand.ts'

/* What the product reports about its database, and how soon. */

/** The contract's own bounds, ms. */
export const PAGE = 2000
export const WRITE = 5000

export const SERVICE = { authorization: `Bearer ${SERVICE_TOKEN}` }

interface Line { level: string, msg: string, cause?: string, code?: string | null, seconds?: number }
export const linesOf = (product: Product): Line[] => product.output().split('\n').filter(line => line.startsWith('{')).map(line => JSON.parse(line))
export const aboutStorage = (product: Product) => linesOf(product).filter(({ msg }) => /database (?:can|still)/.test(msg))
  .map(({ level, cause }) => `${level} ${cause}`)

/** A single sign-in attempt, without the retries that would use up the rate limit. */
export const signInOnce = (product: Product) => createApiClient(product.url).request('POST', '/api/auth/login', ADMIN)

/** Expects `ready` to respond in time: that all is well, or why it isn't. */
export async function expectReady(product: Product, cause: string | null): Promise<void> {
  const client = createApiClient(product.url)
  const ask = async () => {
    const answer = await client.request('GET', '/api/health/ready')
    if (cause === null) return expect(answer.body, answer.text).toEqual({ status: 'ok' })
    expectError(answer, 'STORAGE_UNAVAILABLE')
    expect(answer.error?.details).toEqual({ cause })
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
  }
  // The first may join a probe that is nearly over, which would be quick with any limit.
  await ask()
  expect(await quickestOf(3, ask)).toBeLessThan(PAGE)
}

/** Renders a page once: the first time loads modules, which is slow with any database. */
export async function showPagesOnce(client: ApiClient): Promise<void> {
  for (const path of ['/admin/license', '/login', '/admin/nowhere']) await client.request('GET', path)
}
