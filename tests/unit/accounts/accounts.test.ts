import { describe, expect, it } from 'vitest'
import { BY_ADA, createAccountsWorld, FROM, PERSON, refusalOf } from '../../support/accounts-world.ts'

const GRACE = { email: 'grace@customer.example', password: 'another horse battery' }

async function createHouse() {
  const world = await createAccountsWorld()
  const ada = await world.accounts.create({ ...PERSON, role: 'admin' }, BY_ADA, FROM)
  return { ...world, ada, addGrace: (role: 'admin' | 'viewer') => world.accounts.create({ ...GRACE, role }, BY_ADA, FROM) }
}

const LAST_ADMIN = { code: 'CONFLICT', details: { admin: 'last' } }

describe('the last administrator', () => {
  it.each(['nobody', 'a viewer'] as const)('beside %s can neither be removed nor made a viewer', async (beside) => {
    const { accounts, ada, addGrace, count } = await createHouse()
    if (beside === 'a viewer') await addGrace('viewer')
    await expect(accounts.remove(ada.id, BY_ADA)).rejects.toMatchObject(LAST_ADMIN)
    await expect(accounts.update(ada.id, { role: 'viewer' }, BY_ADA, FROM)).rejects.toMatchObject(LAST_ADMIN)
    await expect(accounts.update(ada.id, { role: 'viewer', password: 'a new horse battery' }, BY_ADA, FROM)).rejects.toMatchObject(LAST_ADMIN)
    expect(count('users')).toBe(beside === 'a viewer' ? 2 : 1)
    const { identity } = await accounts.signIn(PERSON.email, PERSON.password, FROM)
    expect(identity.role).toBe('admin')
  })

  it('keeps no viewer from being removed, and may have a new password', async () => {
    const { accounts, ada, addGrace } = await createHouse()
    await accounts.remove((await addGrace('viewer')).id, BY_ADA)
    expect(await accounts.update(ada.id, { role: 'admin', password: 'a new horse battery' }, BY_ADA, FROM)).toMatchObject({ role: 'admin' })
  })

  it('is not one of two, until the other has gone', async () => {
    const { accounts, ada, addGrace } = await createHouse()
    const grace = await addGrace('admin')
    expect(await accounts.update(ada.id, { role: 'viewer' }, BY_ADA, FROM)).toMatchObject({ role: 'viewer' })
    await expect(accounts.remove(grace.id, BY_ADA)).rejects.toMatchObject(LAST_ADMIN)
    await accounts.update(ada.id, { role: 'admin' }, BY_ADA, FROM)
    await accounts.remove(grace.id, BY_ADA)
    await expect(accounts.remove(ada.id, BY_ADA)).rejects.toMatchObject(LAST_ADMIN)
  })

  it('is left when two remove each other at once', async () => {
    const { accounts, ada, addGrace, count } = await createHouse()
    const grace = await addGrace('admin')
    const refusals = await Promise.all([refusalOf(accounts.remove(ada.id, BY_ADA)), refusalOf(accounts.remove(grace.id, BY_ADA))])
    expect(refusals.toSorted()).toEqual(['CONFLICT', undefined])
    expect(count('users')).toBe(1)
  })
})

describe('an account', () => {
  it('has an e-mail of its own', async () => {
    const { addGrace, accounts, count } = await createHouse()
    await addGrace('viewer')
    await expect(accounts.create({ ...GRACE, role: 'admin' }, BY_ADA, FROM)).rejects.toMatchObject({ code: 'CONFLICT', details: { email: 'taken' } })
    expect(count('users')).toBe(2)
  })

  it('that is unknown can be neither changed nor removed, nor change its password', async () => {
    const { accounts } = await createHouse()
    expect(await refusalOf(accounts.update('nobody', { role: 'admin' }, BY_ADA, FROM))).toBe('NOT_FOUND')
    expect(await refusalOf(accounts.remove('nobody', BY_ADA))).toBe('NOT_FOUND')
    const gone = { kind: 'user', id: 'nobody', email: 'x', role: 'admin', sessionId: 's' } as const
    expect(await refusalOf(accounts.changeOwnPassword(gone, { current: 'x', next: 'y' }, BY_ADA, FROM))).toBe('NOT_FOUND')
  })

  it('is shown with its times and without its password', async () => {
    const { accounts, clock, ada, addGrace } = await createHouse()
    const made = new Date(clock.read().wall).toISOString()
    expect(ada).toEqual({ id: expect.stringMatching(/^[\da-f-]{36}$/), email: PERSON.email, role: 'admin', createdAt: made, lastSeenAt: null })
    clock.advance(60_000)
    const grace = await addGrace('viewer')
    await accounts.signIn(PERSON.email, PERSON.password, FROM)
    const later = new Date(clock.read().wall).toISOString()
    expect(await accounts.list()).toEqual([{ ...ada, lastSeenAt: later }, { ...grace, createdAt: later, lastSeenAt: null }])
  })

  it('keeps what a change does not name', async () => {
    const { accounts, addGrace } = await createHouse()
    const { id } = await addGrace('viewer')
    expect(await accounts.update(id, { password: 'a new horse battery' }, BY_ADA, FROM)).toMatchObject({ id, email: GRACE.email, role: 'viewer' })
    expect(await accounts.update(id, { role: 'admin' }, BY_ADA, FROM)).toMatchObject({ id, email: GRACE.email, role: 'admin' })
    expect((await accounts.signIn(GRACE.email, 'a new horse battery', FROM)).identity).toMatchObject({ id, role: 'admin' })
  })
})

describe('an address', () => {
  it('is remembered by the queue once somebody has set up or signed in from it, and not for a wrong password', async () => {
    const { accounts, database, remembered } = await createHouse()
    database.exec('DELETE FROM users')
    const token = (await accounts.offerSetup())?.token ?? ''
    await accounts.setUp({ ...PERSON, token }, FROM, 'set up')
    await accounts.signIn(PERSON.email, PERSON.password, 'signed in')
    expect(await refusalOf(accounts.signIn(PERSON.email, 'a guess', 'guessed'))).toBe('UNAUTHENTICATED')
    expect(remembered).toEqual(['set up', 'signed in'])
  })
})
