import { describe, expect, it } from 'vitest'
import type { Answer, ApiClient } from '../support/api-client.ts'
import { createApiClient } from '../support/api-client.ts'
import { ADMIN } from '../support/product-process.ts'
import { expectError } from '../support/expect-error.ts'
import { addAdmin, startOwnProduct, signInSoon, useStand } from '../support/stand.ts'

const stand = useStand({ NC_TRUST_PROXY: '127.0.0.1' })

async function times(count: number, ask: (nth: number) => Promise<Answer>): Promise<Answer[]> {
  const answers: Answer[] = []
  for (let nth = 0; nth < count; nth++) answers.push(await ask(nth))
  return answers
}

function expectLimited(answer: Answer): void {
  expectError(answer, 'RATE_LIMITED')
  const seconds = Number(answer.headers.get('retry-after'))
  expect(seconds).toBeGreaterThanOrEqual(1)
  expect(seconds).toBeLessThanOrEqual(60)
}

function lastOf(answers: Answer[]): Answer {
  const last = answers.at(-1)
  if (!last) throw new Error('nothing was asked')
  return last
}

function signInFrom(url: string, address: string, email: string, password: string): Promise<Answer> {
  return createApiClient(url).request('POST', '/api/auth/login', { email, password }, { 'x-forwarded-for': address })
}

/** Of an odd number of values the one in the middle, of an even number the upper of the two. */
function medianOf(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN
}

describe('F72: password guessing', () => {
  it('one account from one address has five tries a minute, while its owner elsewhere still gets in', async () => {
    const { url } = stand.product
    const guesses = await times(5, nth => signInFrom(url, '203.0.113.1', ADMIN.email, `guess number ${nth}`))
    for (const guess of guesses) expectError(guess, 'UNAUTHENTICATED')
    expectLimited(await signInFrom(url, '203.0.113.1', ADMIN.email, ADMIN.password))
    expect((await signInFrom(url, '203.0.113.2', ADMIN.email, ADMIN.password)).status).toBe(200)
  })

  it('one address has ten tries a minute over all accounts', async () => {
    const { url } = stand.product
    await times(10, nth => signInFrom(url, '203.0.113.3', `person${nth}@example.com`, 'some guess'))
    expectLimited(await signInFrom(url, '203.0.113.3', 'someone-else@example.com', 'some guess'))
  })

  it('an address in front of the trusted proxy\'s own word does not count as another one', async () => {
    const { url } = stand.product
    await times(10, nth => signInFrom(url, `198.51.100.${nth}, 203.0.113.4`, ADMIN.email, 'some guess'))
    expectLimited(await signInFrom(url, '198.51.100.99, 203.0.113.4', ADMIN.email, 'some guess'))
  })

  it('a forwarded address counts for nothing without NC_TRUST_PROXY', async () => {
    const product = await startOwnProduct({ licenseServerUrl: stand.licenseServer.url })
    await signInSoon(product)
    const answers = await times(11, nth => signInFrom(product.url, `203.0.113.${nth}`, ADMIN.email, 'some guess'))
    expect(answers.some(({ status }) => status === 429)).toBe(true)
    expectLimited(await signInFrom(product.url, '203.0.113.200', ADMIN.email, 'some guess'))
  })

  it('an unknown account is answered like a wrong password', async () => {
    const answers = await Promise.all([ADMIN.email, 'nobody@example.com'].map(email => signInFrom(stand.product.url, '203.0.113.5', email, 'some guess')))
    const bodies = answers.map(({ text, error }) => text.replace(String(error?.requestId), ''))
    expect(bodies[0]).toBe(bodies[1])
    expect(answers[0]?.status).toBe(401)
  })

  it('an unknown account takes as long as a wrong password', async () => {
    const { url } = stand.product
    const took: Record<string, number[]> = { [ADMIN.email]: [], 'nobody@example.com': [] }
    // The first of each may have something to set up.
    for (let round = 0; round < 13; round++) {
      for (const [nth, email] of Object.keys(took).entries()) {
        const startedAt = performance.now()
        const answer = await signInFrom(url, `203.0.${113 + nth}.${100 + round}`, email, 'some guess')
        if (round > 0) took[email]?.push(performance.now() - startedAt)
        expectError(answer, 'UNAUTHENTICATED')
      }
    }
    const [known = 0, unknown = Infinity] = Object.values(took).map(medianOf)
    expect(Math.max(known, unknown) / Math.min(known, unknown), JSON.stringify(took)).toBeLessThan(2.5)
  })

  it('an account that fifty addresses guess at, twice each, still opens to its owner from elsewhere', async () => {
    const { url } = stand.product
    const addresses = Array.from({ length: 50 }, (_, nth) => `198.51.100.${100 + nth}`)
    // No more at once than there are places for strangers; a crowd is the business of password-queue.test.ts.
    for (let from = 0; from < addresses.length; from += 3) {
      const guesses = addresses.slice(from, from + 3).flatMap(address => [1, 2].map(nth => signInFrom(url, address, ADMIN.email, `guess number ${nth}`)))
      for (const guess of await Promise.all(guesses)) expectError(guess, 'UNAUTHENTICATED')
    }
    expect((await signInFrom(url, '198.51.100.99', ADMIN.email, ADMIN.password)).status).toBe(200)
  })

  it('signing in with the right password is no guess and never limited', async () => {
    const answers = await times(12, () => signInFrom(stand.product.url, '203.0.113.6', ADMIN.email, ADMIN.password))
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 12 }, () => 200))
  })

  it('one\'s own password cannot be guessed from within a session', async () => {
    const client = await addAdmin(stand.admin, stand.product, 'forgetful@example.com')
    const answers = await times(11, () => client.request('PUT', '/api/auth/password', { current: 'some guess', next: 'long enough next' }))
    expectLimited(lastOf(answers))
  })

  it('set-up links cannot be guessed', async () => {
    const body = { token: 'some guess', email: 'a@example.com', password: 'long enough' }
    const answers = await times(11, () => createApiClient(stand.product.url).request('POST', '/api/auth/setup', body, { 'x-forwarded-for': '203.0.113.7' }))
    for (const answer of answers.slice(0, 10)) expectError(answer, 'FORBIDDEN')
    expectLimited(lastOf(answers))
  })
})

describe('calls that reach the license server', () => {
  const calls: [string, (client: ApiClient) => Promise<Answer>][] = [
    ['activations', client => client.save('nc_unknown_key_0001')],
    ['check-ins', client => client.checkIn()],
    ['diagnostics', client => client.request('POST', '/api/license/diagnostics', {})],
  ]

  it.each(calls)('ten %s a minute per administrator', async (what, ask) => {
    const [busy, other] = [await addAdmin(stand.admin, stand.product, `${what}@example.com`), await addAdmin(stand.admin, stand.product, `other-${what}@example.com`)]
    await stand.admin.save('nc_demo_standard')
    const answers = await times(11, () => ask(busy))
    expect(answers.slice(0, 10).map(({ status }) => status)).not.toContain(429)
    expectLimited(lastOf(answers))
    expect((await ask(other)).status).not.toBe(429)
  })

  it('a token is judged here and may come more often', async () => {
    const client = await addAdmin(stand.admin, stand.product, 'tokens@example.com')
    const token = await stand.licenseServer.control.issueToken({ instance_id: '0'.repeat(32) })
    for (const answer of await times(15, () => client.save(token))) expectError(answer, 'BOUND_TO_DIFFERENT_INSTALLATION')
  })

  it('a credential without a form that could be sent does not count', async () => {
    const client = await addAdmin(stand.admin, stand.product, 'typos@example.com')
    for (const answer of await times(15, () => client.save('not a key'))) expectError(answer, 'CREDENTIAL_MALFORMED')
  })
})
