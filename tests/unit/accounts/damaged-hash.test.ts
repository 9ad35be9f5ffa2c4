import { describe, expect, it } from 'vitest'
import { createAccountsWorld, PROVISIONED } from '../../support/accounts-world.ts'

const OTHER = { ...PROVISIONED, password: 'another horse' }

async function createHouse() {
  const { accounts, warnings, database } = await createAccountsWorld()
  expect(await accounts.provisionAdmin(PROVISIONED)).toBe('created')
  const signIn = (password: string) => accounts.signIn(PROVISIONED.email, password, 'a').then(() => 'signed in', ({ code }) => String(code))
  return { accounts, warnings, signIn, edit: (statement: string) => database.exec(statement) }
}

describe('a damaged password hash', () => {
  it('of an account is a wrong password, and the operator\'s next value is the way back in', async () => {
    const { accounts, signIn, edit } = await createHouse()
    edit('UPDATE users SET password_hash = \'x\'')
    expect(await signIn(PROVISIONED.password)).toBe('UNAUTHENTICATED')
    expect(await accounts.provisionAdmin(PROVISIONED)).toBe('unchanged')
    expect(await accounts.provisionAdmin(OTHER)).toBe('reset')
    expect(await signIn(OTHER.password)).toBe('signed in')
  })

  it('of what was applied last undoes nothing that was changed on the page, and is said once', async () => {
    const { accounts, warnings, signIn, edit } = await createHouse()
    const { identity } = await accounts.signIn(PROVISIONED.email, PROVISIONED.password, 'a')
    await accounts.changeOwnPassword(identity, { current: PROVISIONED.password, next: 'of the page only' }, { kind: 'environment' }, 'a')
    edit('UPDATE installation SET applied_admin_hash = \'x\'')
    expect(await accounts.provisionAdmin(PROVISIONED)).toBe('unchanged')
    expect(await accounts.provisionAdmin(PROVISIONED)).toBe('unchanged')
    expect(warnings).toHaveLength(1)
    expect(await signIn('of the page only')).toBe('signed in')
    expect(await accounts.provisionAdmin(OTHER)).toBe('reset')
    expect(await signIn(OTHER.password)).toBe('signed in')
  })

  it('of both keeps no start from giving an account where there is none', async () => {
    const { accounts, signIn, edit } = await createHouse()
    edit('UPDATE installation SET applied_admin_hash = \'x\'; DELETE FROM users')
    expect(await accounts.provisionAdmin(PROVISIONED)).toBe('created')
    expect(await signIn(PROVISIONED.password)).toBe('signed in')
  })
})
