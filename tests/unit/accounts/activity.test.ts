import { describe, expect, it } from 'vitest'
import type { Actor } from '../../../server/license/events.ts'
import { EVENT_KINDS } from '../../../shared/contracts.ts'
import type { AccountsWorld } from '../../support/accounts-world.ts'
import { BY_ADA, createAccountsWorld, FROM, PERSON, PROVISIONED } from '../../support/accounts-world.ts'

/* Whoever changes an account is named with it: every kind of change, by everybody who can make it. */

const GRACE = { email: 'grace@customer.example', password: 'another horse battery' }
const BY_SCRIPT: Actor = { kind: 'token', address: '203.0.113.50' }
const AS_ADA = { actor: 'user', actorEmail: PERSON.email, address: FROM }
const AS_SCRIPT = { actor: 'token', actorEmail: null, address: '203.0.113.50' }
const AS_ENVIRONMENT = { actor: 'environment', actorEmail: null, address: null }

async function withGrace(): Promise<AccountsWorld & { id: string }> {
  const world = await createAccountsWorld()
  await world.accounts.create({ ...PERSON, role: 'admin' }, BY_ADA, FROM)
  const { id } = await world.accounts.create({ ...GRACE, role: 'viewer' }, BY_ADA, FROM)
  return { ...world, id }
}

interface Row { what: string, act: (world: AccountsWorld & { id: string }) => Promise<unknown>, kind: string, by: object, details: object }

const change = (changes: { role?: 'admin' | 'viewer', password?: string }, actor: Actor) => ({ accounts, id }: AccountsWorld & { id: string }) => accounts.update(id, changes, actor, FROM)
const THIRD = { email: 'third@customer.example', password: 'a third horse battery', role: 'viewer' } as const

const ROWS: Row[] = [
  { what: 'an administrator makes an account', act: ({ accounts }) => accounts.create(THIRD, BY_ADA, FROM), kind: 'account_created', by: AS_ADA, details: { account: THIRD.email, role: 'viewer' } },
  { what: 'a script makes an account', act: ({ accounts }) => accounts.create({ ...THIRD, role: 'admin' }, BY_SCRIPT, FROM), kind: 'account_created', by: AS_SCRIPT, details: { account: THIRD.email, role: 'admin' } },
  { what: 'the environment makes one', act: ({ accounts }) => accounts.provisionAdmin(PROVISIONED), kind: 'account_created', by: AS_ENVIRONMENT, details: { account: PROVISIONED.email, role: 'admin' } },
  {
    what: 'the set-up link makes the first', kind: 'account_created', details: { account: PERSON.email, role: 'admin' }, by: { actor: 'user', actorEmail: PERSON.email, address: '198.51.100.1' },
    async act({ accounts, database }) {
      database.exec('DELETE FROM users')
      await accounts.setUp({ ...PERSON, token: (await accounts.offerSetup())?.token ?? '' }, '198.51.100.1', FROM)
    },
  },
  { what: 'an administrator changes a role', act: change({ role: 'admin' }, BY_ADA), kind: 'account_changed', by: AS_ADA, details: { account: GRACE.email, change: 'role', role: 'admin' } },
  { what: 'an administrator sets a password', act: change({ password: 'set by somebody' }, BY_ADA), kind: 'account_changed', by: AS_ADA, details: { account: GRACE.email, change: 'password', role: 'viewer' } },
  { what: 'a script changes both', act: change({ role: 'admin', password: 'set by somebody' }, BY_SCRIPT), kind: 'account_changed', by: AS_SCRIPT, details: { account: GRACE.email, change: 'role, password', role: 'admin' } },
  {
    what: 'a person changes the own password', kind: 'account_changed', by: AS_ADA, details: { account: PERSON.email, change: 'password' },
    async act({ accounts }) {
      const { identity } = await accounts.signIn(PERSON.email, PERSON.password, FROM)
      await accounts.changeOwnPassword(identity, { current: PERSON.password, next: 'a new horse battery' }, BY_ADA, FROM)
    },
  },
  {
    what: 'the environment resets one', kind: 'account_changed', by: AS_ENVIRONMENT, details: { account: GRACE.email, change: 'reset' },
    async act({ accounts }) {
      await accounts.provisionAdmin({ ...GRACE, email: PERSON.email })
      await accounts.provisionAdmin({ ...GRACE, password: 'provisioned anew' })
    },
  },
  { what: 'an administrator removes an account', act: ({ accounts, id }) => accounts.remove(id, BY_ADA), kind: 'account_removed', by: AS_ADA, details: { account: GRACE.email } },
  { what: 'a script removes an account', act: ({ accounts, id }) => accounts.remove(id, BY_SCRIPT), kind: 'account_removed', by: AS_SCRIPT, details: { account: GRACE.email } },
]

describe('activity', () => {
  it.each(ROWS)('when $what, names who, from where, when, and whom it is about', async ({ act, kind, by, details }) => {
    const world = await withGrace()
    world.clock.advance(12_345)
    await act(world)
    expect(world.entries().at(-1)).toEqual({ kind, ...by, at: world.clock.read().wall, details })
  })

  it('has a row here for every kind of entry about accounts', () => {
    const kinds = EVENT_KINDS.filter(kind => kind.startsWith('account_'))
    expect([...new Set(ROWS.map(({ kind }) => kind))].toSorted()).toEqual(kinds.toSorted())
  })

  it('has nothing of what was refused', async () => {
    const { accounts, id, entries } = await withGrace()
    const before = entries()
    const refused = [
      accounts.create({ ...GRACE, role: 'admin' }, BY_ADA, FROM), accounts.remove('nobody', BY_ADA), accounts.update('nobody', { role: 'admin' }, BY_ADA, FROM),
      accounts.signIn(GRACE.email, 'wrong', FROM), accounts.setUp({ ...THIRD, token: 'x' }, FROM, FROM),
    ]
    expect((await Promise.allSettled(refused)).map(({ status }) => status)).toEqual(refused.map(() => 'rejected'))
    await accounts.signIn(GRACE.email, GRACE.password, FROM)
    expect(await accounts.identify(id)).toBeUndefined()
    expect(entries()).toEqual(before)
  })
})
