import { describe, expect, it } from 'vitest'
import { createAccountsWorld, FROM, PERSON, PROVISIONED, refusalOf } from '../../support/accounts-world.ts'

const HOUR = 3_600_000

async function createHouse() {
  const world = await createAccountsWorld()
  const offer = async (accounts = world.accounts) => {
    const offered = await accounts.offerSetup()
    if (!offered) throw new Error('no link was offered')
    return offered
  }
  const setUp = (token: string, person = PERSON) => world.accounts.setUp({ token, ...person }, FROM, FROM)
  return { ...world, offer, setUp }
}

describe('the set-up link', () => {
  it('is good for an hour, to the millisecond', async () => {
    const { clock, offer, setUp } = await createHouse()
    const { token, expiresAt } = await offer()
    expect(expiresAt - clock.read().wall).toBe(HOUR)
    clock.advance(HOUR - 1)
    const { identity } = await setUp(token)
    expect(identity).toMatchObject({ email: PERSON.email, role: 'admin' })
  })

  it('is dead once its hour has passed', async () => {
    const { clock, offer, setUp, count } = await createHouse()
    const { token } = await offer()
    clock.advance(HOUR)
    expect(await refusalOf(setUp(token))).toBe('FORBIDDEN')
    expect(count('users')).toBe(0)
  })

  it('is the same at every start within its hour and on every replica, and another after it', async () => {
    const { clock, offer, another } = await createHouse()
    const first = await offer()
    clock.advance(HOUR - 1)
    expect(await offer(another())).toEqual(first)
    clock.advance(1)
    const second = await offer(another())
    expect(second.token).not.toBe(first.token)
    expect(second.expiresAt).toBe(first.expiresAt + HOUR)
  })

  it('is the same where two replicas start at once', async () => {
    const { offer, another } = await createHouse()
    const [one, two] = await Promise.all([offer(), offer(another())])
    expect(one).toEqual(two)
  })

  it('is another with another session secret, and the one before it is dead', async () => {
    const { offer, another, setUp } = await createHouse()
    const { token } = await offer()
    const second = await offer(another('another secret'))
    expect(second.token).not.toBe(token)
    expect(await refusalOf(setUp(token))).toBe('FORBIDDEN')
    await setUp(second.token)
  })

  it('works once, for one of two who use it at once', async () => {
    const { offer, setUp, count } = await createHouse()
    const { token } = await offer()
    const refusals = await Promise.all([refusalOf(setUp(token)), refusalOf(setUp(token, PROVISIONED))])
    expect(refusals.toSorted()).toEqual(['FORBIDDEN', undefined])
    expect(await refusalOf(setUp(token, { ...PERSON, email: 'third@customer.example' }))).toBe('FORBIDDEN')
    expect(count('users')).toBe(1)
  })

  it('is neither offered nor good once there is an administrator, and the refusal says so', async () => {
    const { accounts, offer, setUp } = await createHouse()
    const { token } = await offer()
    await accounts.provisionAdmin(PROVISIONED)
    expect(await accounts.offerSetup()).toBeUndefined()
    await expect(setUp(token)).rejects.toMatchObject({ code: 'FORBIDDEN', details: { admin: 'exists' } })
  })

  it('is pending until there is an administrator, made by it or not, on every replica, and the database is not asked again', async () => {
    const { accounts, offer, setUp, another, storage } = await createHouse()
    const other = another()
    const { token } = await offer()
    expect([await accounts.isSetupPending(), await other.isSetupPending()]).toEqual([true, true])
    await setUp(token)
    expect([await accounts.isSetupPending(), await other.isSetupPending()]).toEqual([false, false])
    await storage.close()
    expect(await other.isSetupPending()).toBe(false)
  })

  it.each(['', 'x', 'A'.repeat(32)])('with %j for a token is refused without a reason', async (token) => {
    const { offer, setUp } = await createHouse()
    expect(await refusalOf(setUp(token))).toBe('FORBIDDEN')
    await offer()
    await expect(setUp(token)).rejects.toMatchObject({ code: 'FORBIDDEN', details: undefined })
  })

  it('costs no password hash unless its token is good', async () => {
    const { clock, offer, setUp, hashed } = await createHouse()
    const { token } = await offer()
    await refusalOf(setUp('A'.repeat(32)))
    clock.advance(HOUR)
    await refusalOf(setUp(token))
    expect(hashed()).toBe(0)
    await setUp((await offer()).token)
    expect(hashed()).toBe(1)
  })

  it('is stored as a digest alone', async () => {
    const { offer, database } = await createHouse()
    const { token } = await offer()
    const { setup_digest: digest } = Object(database.prepare('SELECT setup_digest FROM installation').get())
    expect(digest).toMatch(/^[\da-f]{64}$/)
    expect(token).toMatch(/^[\w-]{32}$/)
    expect(JSON.stringify(database.prepare('SELECT * FROM installation').get())).not.toContain(token)
  })
})
