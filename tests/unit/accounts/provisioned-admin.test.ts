import { describe, expect, it } from 'vitest'
import type { AccountsWorld } from '../../support/accounts-world.ts'
import { BY_ADA, createAccountsWorld, FROM, PROVISIONED, refusalOf } from '../../support/accounts-world.ts'

const OTHER = { email: 'other@example.com', password: 'another password' }
const NEXT = { ...PROVISIONED, password: 'a different password' }
const UPGRADED = 'UPDATE installation SET applied_admin_email = NULL, applied_admin_hash = NULL, applied_admin_unknown = 1'

async function afterFirstStart() {
  const world = await createAccountsWorld()
  expect(await world.accounts.provisionAdmin(PROVISIONED)).toBe('created')
  const signIn = (person = PROVISIONED) => refusalOf(world.accounts.signIn(person.email, person.password, FROM))
  const idOf = (email: string) => String(Object(world.database.prepare('SELECT id FROM users WHERE email = ?').get(email)).id)
  return { ...world, signIn, idOf }
}
type House = Awaited<ReturnType<typeof afterFirstStart>>

const addOther = ({ accounts }: House, role: 'admin' | 'viewer' = 'admin') => accounts.create({ ...OTHER, role }, BY_ADA, FROM)
const applied = ({ database }: AccountsWorld) => database.prepare('SELECT applied_admin_email AS email, applied_admin_unknown AS unknown FROM installation').get()

describe('a provisioned administrator', () => {
  it('signs in, and a start with the same value writes nothing', async () => {
    const { accounts, signIn, entries, database } = await afterFirstStart()
    expect(await signIn()).toBeUndefined()
    const before = [entries(), database.prepare('SELECT version, applied_admin_hash FROM installation').get()]
    expect(await accounts.provisionAdmin(PROVISIONED)).toBe('unchanged')
    expect([entries(), database.prepare('SELECT version, applied_admin_hash FROM installation').get()]).toEqual(before)
  })

  it('is remembered by an Argon2id hash', async () => {
    const { database } = await afterFirstStart()
    expect(database.prepare('SELECT applied_admin_email AS email, applied_admin_hash AS hash FROM installation').get())
      .toEqual({ email: PROVISIONED.email, hash: expect.stringMatching(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/) })
  })

  it('is made once where two replicas start at once', async () => {
    const { accounts, another, count, entries } = await createAccountsWorld()
    const outcomes = await Promise.all([accounts.provisionAdmin(PROVISIONED), another().provisionAdmin(PROVISIONED)])
    expect(outcomes.toSorted()).toEqual(['created', 'unchanged'])
    expect([count('users'), entries().length]).toEqual([1, 1])
  })

  it.each<[string, (house: House) => Promise<unknown>, (house: House) => Promise<unknown>]>([
    ['whose password was changed', ({ accounts, idOf }) => accounts.update(idOf(PROVISIONED.email), { password: OTHER.password }, BY_ADA, FROM), async ({ signIn }) => expect(await signIn()).toBe('UNAUTHENTICATED')],
    ['who was made a viewer', async (house) => {
      await addOther(house)
      await house.accounts.update(house.idOf(PROVISIONED.email), { role: 'viewer' }, BY_ADA, FROM)
    }, async ({ accounts }) => expect((await accounts.list()).map(({ role }) => role).toSorted()).toEqual(['admin', 'viewer'])],
    ['who was removed', async (house) => {
      await addOther(house)
      await house.accounts.remove(house.idOf(PROVISIONED.email), BY_ADA)
    }, async ({ count }) => expect(count('users')).toBe(1)],
  ])('%s stays so at every start with that value, also after one without', async (_what, act, expectKept) => {
    const house = await afterFirstStart()
    await act(house)
    expect(await house.accounts.provisionAdmin(PROVISIONED)).toBe('unchanged')
    expect(await house.accounts.provisionAdmin(null)).toBe('unchanged')
    expect(await house.accounts.provisionAdmin(PROVISIONED)).toBe('unchanged')
    await expectKept(house)
  })

  it('with another password is reset, and that password works once it was applied', async () => {
    const house = await afterFirstStart()
    await addOther(house)
    await house.accounts.update(house.idOf(PROVISIONED.email), { role: 'viewer' }, BY_ADA, FROM)
    expect(await house.accounts.provisionAdmin(NEXT)).toBe('reset')
    expect([await house.signIn(NEXT), await house.signIn()]).toEqual([undefined, 'UNAUTHENTICATED'])
    expect((await house.accounts.list()).map(({ role }) => role)).toEqual(['admin', 'admin'])
    expect(await house.accounts.provisionAdmin(NEXT)).toBe('unchanged')
  })

  it('with the password that was set on the page already is left alone, sessions included', async () => {
    const house = await afterFirstStart()
    await house.accounts.update(house.idOf(PROVISIONED.email), { password: NEXT.password }, BY_ADA, FROM)
    const { token } = await house.accounts.signIn(NEXT.email, NEXT.password, FROM)
    expect(await house.accounts.provisionAdmin(NEXT)).toBe('unchanged')
    expect(await house.accounts.identify(token)).toBeDefined()
    // That value counts as applied: the one before it is a new one.
    expect(await house.accounts.provisionAdmin(PROVISIONED)).toBe('reset')
  })

  it('with the password of a viewer of that name becomes an administrator', async () => {
    const house = await afterFirstStart()
    await addOther(house, 'viewer')
    expect(await house.accounts.provisionAdmin(OTHER)).toBe('reset')
    expect((await house.accounts.signIn(OTHER.email, OTHER.password, FROM)).identity.role).toBe('admin')
  })

  it('with another e-mail and the same password is made, or left alone where it exists', async () => {
    const house = await afterFirstStart()
    await addOther(house, 'viewer')
    expect(await house.accounts.provisionAdmin({ ...PROVISIONED, email: OTHER.email })).toBe('unchanged')
    expect([await house.signIn(OTHER), await house.signIn({ ...OTHER, password: PROVISIONED.password })]).toEqual([undefined, 'UNAUTHENTICATED'])
    expect(applied(house)).toMatchObject({ email: OTHER.email })
    const third = { ...PROVISIONED, email: 'third@example.com' }
    expect(await house.accounts.provisionAdmin(third)).toBe('created')
    expect(await house.signIn(third)).toBeUndefined()
  })

  it.each([['the account is there, as a viewer', 'UPDATE users SET role = \'viewer\'', 'reset'], ['nobody is there', 'DELETE FROM users', 'created']])(
    'is applied in any case where there is no administrator: %s', async (_what, edit, outcome) => {
      const { accounts, database, signIn } = await afterFirstStart()
      database.exec(edit)
      expect(await accounts.provisionAdmin(PROVISIONED)).toBe(outcome)
      expect(await signIn()).toBeUndefined()
      expect((await accounts.list()).map(({ role }) => role)).toEqual(['admin'])
    })

  it('that is set for the first time takes over an account of the page', async () => {
    const { accounts } = await createAccountsWorld()
    await accounts.create({ ...PROVISIONED, password: 'forgotten long ago', role: 'admin' }, BY_ADA, FROM)
    expect(await accounts.provisionAdmin(PROVISIONED)).toBe('reset')
  })
})

describe('the first start after an upgrade', () => {
  it('takes the present value for applied where its account exists; another one later is new', async () => {
    const { accounts, database, signIn } = await afterFirstStart()
    database.exec(UPGRADED)
    expect(await accounts.provisionAdmin(NEXT)).toBe('unchanged')
    expect([await signIn(), await signIn(NEXT)]).toEqual([undefined, 'UNAUTHENTICATED'])
    expect(await accounts.provisionAdmin(NEXT)).toBe('unchanged')
    expect(await accounts.provisionAdmin(OTHER)).toBe('created')
  })

  it('is over without a value too: one that is set later is new', async () => {
    const house = await afterFirstStart()
    house.database.exec(UPGRADED)
    expect(await house.accounts.provisionAdmin(null)).toBe('unchanged')
    expect(applied(house)).toEqual({ email: null, unknown: null })
    expect(await house.accounts.provisionAdmin(NEXT)).toBe('reset')
  })

  it('makes an account that is not there', async () => {
    const { accounts, database } = await afterFirstStart()
    database.exec(UPGRADED)
    expect(await accounts.provisionAdmin(OTHER)).toBe('created')
  })
})
