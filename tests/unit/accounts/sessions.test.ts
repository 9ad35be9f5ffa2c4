import { describe, expect, it } from 'vitest'
import { BY_ADA, createAccountsWorld, FROM, PERSON, refusalOf } from '../../support/accounts-world.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const OTHER = { email: 'grace@customer.example', password: 'another horse battery' }

/** Two administrators, each with a session here and one elsewhere. */
async function createHouse() {
  const world = await createAccountsWorld()
  const { accounts } = world
  const [ada, grace] = [await accounts.create({ ...PERSON, role: 'admin' }, BY_ADA, FROM), await accounts.create({ ...OTHER, role: 'admin' }, BY_ADA, FROM)]
  const signIn = ({ email, password } = PERSON) => accounts.signIn(email, password, FROM)
  const lives = async (token: string) => await accounts.identify(token) !== undefined
  return { ...world, ada, grace, signIn, lives }
}

describe('a session', () => {
  it('ends after twelve hours without use, to the millisecond', async () => {
    const { clock, signIn, lives } = await createHouse()
    const { token } = await signIn()
    clock.advance(12 * HOUR - 1)
    const untouched = await signIn()
    expect(await lives(token)).toBe(true)
    clock.advance(12 * HOUR)
    expect(await lives(untouched.token)).toBe(false)
  })

  it('is prolonged by use, at most once a minute', async () => {
    const { clock, signIn, lives, idle, database } = await createHouse()
    const begun = clock.read().wall
    const { token } = await signIn()
    clock.advance(MINUTE - 1)
    expect(await lives(token)).toBe(true)
    clock.advance(1)
    expect(await lives(token)).toBe(true)
    await idle()
    expect(database.prepare('SELECT created_at, last_seen_at, expires_at FROM sessions').get())
      .toEqual({ created_at: begun, last_seen_at: begun + MINUTE, expires_at: begun + MINUTE + 12 * HOUR })
    clock.advance(12 * HOUR - 1)
    expect(await lives(token)).toBe(true)
  })

  it('is prolonged by the next use where the last could not be written', async () => {
    const { clock, signIn, lives, idle, database } = await createHouse()
    const { token } = await signIn()
    const seenAt = () => Object(database.prepare('SELECT last_seen_at AS at FROM sessions').get()).at
    database.exec('CREATE TRIGGER broken BEFORE UPDATE ON sessions BEGIN SELECT RAISE(ABORT, \'disk I/O error\'); END')
    clock.advance(MINUTE)
    expect(await lives(token)).toBe(true)
    await idle()
    database.exec('DROP TRIGGER broken')
    clock.advance(MINUTE)
    expect(await lives(token)).toBe(true)
    await idle()
    expect(seenAt()).toBe(clock.read().wall)
  })

  it('is not written for a use within the minute', async () => {
    const { clock, signIn, lives, idle, database } = await createHouse()
    const { token } = await signIn()
    database.exec('CREATE TABLE writes (n); CREATE TRIGGER watch AFTER UPDATE ON sessions BEGIN INSERT INTO writes VALUES (1); END')
    clock.advance(MINUTE - 1)
    for (let nth = 0; nth < 5; nth++) await lives(token)
    await idle()
    expect(database.prepare('SELECT count(*) AS n FROM writes').get()).toEqual({ n: 0 })
  })

  it('ends seven days after it began, however much it is used, to the millisecond', async () => {
    const { clock, signIn, lives, idle } = await createHouse()
    const begun = clock.read().wall
    const { token } = await signIn()
    for (let hours = 11; hours < 7 * 24; hours += 11) {
      clock.advance(11 * HOUR)
      expect(await lives(token)).toBe(true)
      await idle()
    }
    clock.advance(begun + 7 * DAY - 1 - clock.read().wall)
    expect(await lives(token)).toBe(true)
    clock.advance(1)
    expect(await lives(token)).toBe(false)
  })

  it('neither ends by a clock that was set back, nor lasts longer', async () => {
    const { clock, signIn, lives, idle } = await createHouse()
    const { token } = await signIn()
    clock.shiftWall(-HOUR)
    expect(await lives(token)).toBe(true)
    await idle()
    clock.advance(12 * HOUR)
    expect(await lives(token)).toBe(false)
  })

  it('of a token that was never issued does not exist', async () => {
    const { lives } = await createHouse()
    for (const token of ['', 'A'.repeat(43)]) expect(await lives(token)).toBe(false)
  })

  it('is kept under a digest that the session secret goes into, never under its token', async () => {
    const { signIn, another, database } = await createHouse()
    const { token, identity } = await signIn()
    expect(database.prepare('SELECT id FROM sessions').get()).toEqual({ id: identity.sessionId })
    expect(identity.sessionId).toMatch(/^[\da-f]{64}$/)
    expect(await another('another secret').identify(token)).toBeUndefined()
    expect(await another().identify(token)).toEqual(identity)
  })

  it('has a token of 32 random bytes, new at every sign-in', async () => {
    const { signIn } = await createHouse()
    const tokens = [(await signIn()).token, (await signIn()).token]
    for (const token of tokens) expect(token).toMatch(/^[\w-]{43}$/)
    expect(tokens[0]).not.toBe(tokens[1])
  })

  it('names its account as it is now', async () => {
    const { accounts, signIn, database, ada } = await createHouse()
    const { token } = await signIn()
    expect(await accounts.identify(token)).toMatchObject({ kind: 'user', id: ada.id, email: PERSON.email, role: 'admin' })
    database.exec('UPDATE users SET role = \'viewer\'')
    expect(await accounts.identify(token)).toMatchObject({ role: 'viewer' })
  })
})

describe('signing in', () => {
  it.each([['a wrong password', PERSON.email, OTHER.password], ['an unknown account', 'nobody@customer.example', PERSON.password], ['no password', PERSON.email, '']])(
    'with %s is refused and begins nothing', async (_what, email, password) => {
      const { accounts, count } = await createHouse()
      expect(await refusalOf(accounts.signIn(email, password, FROM))).toBe('UNAUTHENTICATED')
      expect(count('sessions')).toBe(0)
    })
})

describe('what a change ends', () => {
  type House = Awaited<ReturnType<typeof createHouse>>
  const CHANGES: [string, (house: House, ada: Awaited<ReturnType<House['signIn']>>) => Promise<unknown>, { password?: string, role?: string }][] = [
    ['her own password', ({ accounts }, { identity }) => accounts.changeOwnPassword(identity, { current: PERSON.password, next: 'a new horse battery' }, BY_ADA, FROM), { password: 'a new horse battery' }],
    ['a password set by another', ({ accounts, ada }) => accounts.update(ada.id, { password: 'set by grace, then' }, BY_ADA, FROM), { password: 'set by grace, then' }],
    ['another role', ({ accounts, ada }) => accounts.update(ada.id, { role: 'viewer' }, BY_ADA, FROM), { role: 'viewer' }],
    ['both', ({ accounts, ada }) => accounts.update(ada.id, { role: 'viewer', password: 'set by grace, then' }, BY_ADA, FROM), { role: 'viewer', password: 'set by grace, then' }],
    ['a provisioned password', ({ accounts }) => accounts.provisionAdmin({ ...PERSON, password: 'provisioned anew' }), { password: 'provisioned anew' }],
  ]

  it.each(CHANGES)('%s: every session of that account and nobody else\'s', async (_what, change, { password = PERSON.password, role = 'admin' }) => {
    const house = await createHouse()
    const { accounts, signIn, lives } = house
    // Of a first start that left both accounts alone.
    await accounts.provisionAdmin(PERSON)
    const [here, elsewhere, others] = [await signIn(), await signIn(), await signIn(OTHER)]
    await change(house, here)
    expect([await lives(here.token), await lives(elsewhere.token), await lives(others.token)]).toEqual([false, false, true])
    if (password !== PERSON.password) expect(await refusalOf(signIn())).toBe('UNAUTHENTICATED')
    expect((await signIn({ ...PERSON, password })).identity).toMatchObject({ role })
  })

  it('a removed account: its sessions, and it cannot sign in', async () => {
    const { accounts, ada, signIn, lives, count } = await createHouse()
    const [here, others] = [await signIn(), await signIn(OTHER)]
    await accounts.remove(ada.id, BY_ADA)
    expect([await lives(here.token), await lives(others.token), count('sessions')]).toEqual([false, true, 1])
    expect(await refusalOf(signIn())).toBe('UNAUTHENTICATED')
  })

  it('signing out: that session alone, at once', async () => {
    const { accounts, signIn, lives, count } = await createHouse()
    const [here, elsewhere] = [await signIn(), await signIn()]
    await accounts.signOut(here.token)
    expect(count('sessions')).toBe(1)
    expect([await lives(here.token), await lives(elsewhere.token)]).toEqual([false, true])
  })

  it('her own password: and begins a session for whoever changed it', async () => {
    const { accounts, signIn, ada } = await createHouse()
    const { identity } = await signIn()
    const { token } = await accounts.changeOwnPassword(identity, { current: PERSON.password, next: 'a new horse battery' }, BY_ADA, FROM)
    expect(await accounts.identify(token)).toMatchObject({ id: ada.id })
  })

  it('a wrong current password: nothing', async () => {
    const { accounts, signIn, lives } = await createHouse()
    const { token, identity } = await signIn()
    expect(await refusalOf(accounts.changeOwnPassword(identity, { current: OTHER.password, next: 'a new horse battery' }, BY_ADA, FROM))).toBe('UNAUTHENTICATED')
    expect(await lives(token)).toBe(true)
    await signIn()
  })
})

describe('who is on the way with a password that is replaced meanwhile', () => {
  const RESET = 'set by grace, then'
  const reset = ({ accounts, ada }: Awaited<ReturnType<typeof createHouse>>) => accounts.update(ada.id, { password: RESET }, BY_ADA, FROM)

  it('is not signed in', async () => {
    const house = await createHouse()
    const { reached, release } = house.hold('createSession')
    const refused = refusalOf(house.signIn())
    await reached
    await reset(house)
    release()
    expect(await refused).toBe('UNAUTHENTICATED')
    expect(house.count('sessions')).toBe(0)
  })

  it('does not replace the new one', async () => {
    const house = await createHouse()
    const { identity } = await house.signIn()
    const { reached, release } = house.hold('updateUser')
    const refused = refusalOf(house.accounts.changeOwnPassword(identity, { current: PERSON.password, next: 'a new horse battery' }, BY_ADA, FROM))
    await reached
    // By another process, whose calls are not held.
    house.database.prepare('UPDATE users SET password_hash = ? WHERE id = ?').run('another', house.ada.id)
    house.database.exec('DELETE FROM sessions')
    release()
    expect(await refused).toBe('UNAUTHENTICATED')
    expect(house.count('sessions')).toBe(0)
    expect(house.database.prepare('SELECT password_hash FROM users WHERE id = ?').get(house.ada.id)).toEqual({ password_hash: 'another' })
  })

  it('has no session where it is replaced once more before that begins', async () => {
    const house = await createHouse()
    const { identity } = await house.signIn()
    const { reached, release } = house.hold('createSession')
    const refused = refusalOf(house.accounts.changeOwnPassword(identity, { current: PERSON.password, next: 'a new horse battery' }, BY_ADA, FROM))
    await reached
    await reset(house)
    release()
    expect(await refused).toBe('UNAUTHENTICATED')
    expect(house.count('sessions')).toBe(0)
    expect(await house.lives((await house.signIn({ ...PERSON, password: RESET })).token)).toBe(true)
  })
})

describe('pruning', () => {
  it('forgets sessions that have ended and keeps the others', async () => {
    const { accounts, clock, signIn, lives, count } = await createHouse()
    await signIn()
    clock.advance(12 * HOUR - 1)
    const { token } = await signIn()
    await accounts.prune()
    expect(count('sessions')).toBe(2)
    clock.advance(1)
    await accounts.prune()
    expect(count('sessions')).toBe(1)
    expect(await lives(token)).toBe(true)
  })
})
