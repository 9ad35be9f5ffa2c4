import { describe, expect, it, onTestFinished } from 'vitest'
import type { Answer } from '../support/api-client.ts'
import { createApiClient, signIn } from '../support/api-client.ts'
import { ADMIN } from '../support/product-process.ts'
import { expectError } from '../support/expect-error.ts'
import { inTurns } from '../support/in-turns.ts'
import { timed, until, useStand } from '../support/stand.ts'

const stand = useStand({ NC_TRUST_PROXY: '127.0.0.1' })

function guessFrom(address: string, password = 'some guess', email: string = ADMIN.email): Promise<Answer> {
  return createApiClient(stand.product.url).request('POST', '/api/auth/login', { email, password }, { 'x-forwarded-for': address })
}

const statuses = (answers: Answer[]) => Object.fromEntries([...Map.groupBy(answers, ({ status }) => status)].map(([status, group]) => [status, group.length]))

describe('F82: password guessing', () => {
  it('from a thousand addresses of one IPv6 /64 has five tries at an account in a minute, ten in all', async () => {
    const addresses = Array.from({ length: 1_000 }, (_, nth) => `2001:db8:1:2:${(nth * 7919).toString(16).padStart(8, '0').replace(/(.{4})$/, ':$1')}::1`)
    let answers: Answer[] = []
    const took = await timed(async () => { answers = await inTurns(addresses, 50, address => guessFrom(address)) })
    const judged = (list: Answer[]) => list.filter(({ status }) => status === 401).length
    expect(judged(answers)).toBeGreaterThanOrEqual(5)
    expect(judged(answers)).toBeLessThanOrEqual(5 * Math.ceil(took / 60_000))
    expect(Object.keys(statuses(answers)).toSorted()).toEqual(['401', '429'])
    const tookAll = took + await timed(async () => {
      answers.push(...await inTurns(addresses.slice(0, 50), 1, address => guessFrom(address, 'some guess', `${address.replaceAll(':', '')}@example.com`)))
    })
    expect(judged(answers)).toBeLessThanOrEqual(10 * Math.ceil(tookAll / 60_000))
    expect((await guessFrom('2001:db8:1:3::1', ADMIN.password)).status).toBe(200)
  })

  it('an IPv4 address written as IPv6 is the same one', async () => {
    const answers = await inTurns(['203.0.113.7', '::ffff:203.0.113.7', '::ffff:cb00:7107', '203.0.113.7:443', '[::ffff:203.0.113.7]:1', '203.0.113.7'], 1, address => guessFrom(address))
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 429])
    expect((await guessFrom('::ffff:203.0.113.8', ADMIN.password)).status).toBe(200)
  })

  // How soon is proven with a clock of its own in tests/unit/accounts/hashing-queue.test.ts.
  it('while 400 addresses wait, the administrator elsewhere gets in before most of them; nobody waits for ever', async () => {
    const answered: Answer[] = []
    const waiting = new Set<number>()
    let asked = 0
    let isIn = false
    const crowd = Array.from({ length: 400 }, async () => {
      while (!isIn) {
        const nth = asked++
        waiting.add(nth)
        answered.push(await guessFrom(`198.51.${nth >> 8 & 255}.${nth & 255}`))
        waiting.delete(nth)
      }
    })
    const gone = Promise.allSettled(crowd)
    onTestFinished(async () => {
      isIn = true
      await gone
    })
    await until('the crowd is at work', () => answered.length > 0)
    for (let tried = 0; !isIn; tried++) {
      expect(tried, 'tries in vain').toBeLessThan(5)
      const before = [...waiting]
      const { status, text } = await guessFrom(`203.0.113.${90 + tried}`, ADMIN.password)
      expect([200, 429], text).toContain(status)
      isIn = status === 200 && before.filter(nth => waiting.has(nth)).length > before.length / 2
    }
    await Promise.all(crowd)
    expect(Object.keys(statuses(answered)).filter(status => !['401', '429'].includes(status))).toEqual([])
    for (const answer of answered.filter(({ status }) => status === 429)) {
      expectError(answer, 'RATE_LIMITED')
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
    }
  })

  it('whoever waited in vain has lost no try', async () => {
    const crowd = Array.from({ length: 400 }, (_, nth) => guessFrom(`192.0.${nth >> 8}.${nth & 255}`))
    const waited = await Promise.all(crowd)
    const unlucky = waited.findIndex(({ status }) => status === 429)
    if (unlucky < 0) return
    const answers = await inTurns(Array.from({ length: 6 }), 1, () => guessFrom(`192.0.${unlucky >> 8}.${unlucky & 255}`))
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 429])
  })

  it('made-up set-up tokens cost no hash', async () => {
    const body = { token: 'made up', email: 'a@example.com', password: 'long enough for this' }
    const answers = await inTurns(Array.from({ length: 200 }, (_, nth) => `198.18.0.${nth}`), 200, address =>
      createApiClient(stand.product.url).request('POST', '/api/auth/setup', body, { 'x-forwarded-for': address }))
    expect(statuses(answers)).toEqual({ 403: 200 })
  })

  it('an administrator\'s script that makes twenty accounts at once waits its turn', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, (_, nth) =>
      stand.admin.request('POST', '/api/users', { email: `made${nth}@example.com`, password: 'password of many', role: 'viewer' })))
    for (const { status, text } of answers) expect([201, 429], text).toContain(status)
    expect(answers.some(({ status }) => status === 201)).toBe(true)
  })
})

describe('passwords', () => {
  const COMPOSED = 'Käse für Zoë'.normalize('NFC')
  const DECOMPOSED = COMPOSED.normalize('NFD')

  it.each([['composed', COMPOSED], ['decomposed', DECOMPOSED]])('one that was set %s is accepted however it is typed', async (how, password) => {
    const account = { email: `${how}@example.com`, password }
    expect((await stand.admin.request('POST', '/api/users', { ...account, role: 'viewer' })).status).toBe(201)
    for (const typed of [COMPOSED, DECOMPOSED]) await signIn(stand.product.url, { ...account, password: typed })
    const client = await signIn(stand.product.url, account)
    const changed = await client.request('PUT', '/api/auth/password', { current: COMPOSED, next: `${DECOMPOSED} anew` })
    expect(changed.status, changed.text).toBe(200)
    await signIn(stand.product.url, { ...account, password: `${COMPOSED} anew` })
  })

  it.each([['ten spaces', ' '.repeat(10)], ['nine characters', '123456789'], ['line breaks', '\n'.repeat(12)], ['zero-width characters', '\u200b'.repeat(12)]])(
    'of %s can be set nowhere', async (_what, password) => {
      const { body: { user } } = await stand.admin.request<{ user: { id: string } }>('GET', '/api/auth/session')
      const tries = [
        stand.admin.request('POST', '/api/users', { email: 'never@example.com', password, role: 'viewer' }),
        stand.admin.request('PATCH', `/api/users/${user.id}`, { password }),
        stand.admin.request('PUT', '/api/auth/password', { current: ADMIN.password, next: password }),
        createApiClient(stand.product.url).request('POST', '/api/auth/setup', { token: 'any', email: 'never@example.com', password }),
      ]
      for (const answer of await Promise.all(tries)) expectError(answer, 'VALIDATION')
    })
})
