import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createHashingQueue } from '../../../server/accounts/hashing-queue.ts'
import { createAccounts } from '../../../server/accounts/service.ts'
import { openStorage } from '../../../server/storage/open.ts'
import { createSimulatedClock } from '../../support/simulated-clock.ts'

const ADMIN = { email: 'admin@example.com', password: 'correct horse' }
const OTHER = { ...ADMIN, password: 'another horse' }

async function createHouse() {
  const folder = mkdtempSync(join(tmpdir(), 'license-unit-'))
  const storage = await openStorage({ url: 'file:license.db', baseDir: folder })
  await storage.licenses.installation({ instanceId: 'a1'.repeat(16), sessionSecret: 's', createdAt: 0 })
  const database = new DatabaseSync(storage.location)
  onTestFinished(async () => {
    database.close()
    await storage.close()
    rmSync(folder, { recursive: true })
  })
  const warnings: string[] = []
  const accounts = createAccounts({
    store: storage.accounts, clock: createSimulatedClock(), sessionSecret: 's', hashing: createHashingQueue(), log: { warn: message => void warnings.push(message) },
  })
  expect(await accounts.provisionAdmin(ADMIN)).toBe('created')
  const signIn = (password: string) => accounts.signIn(ADMIN.email, password, 'a').then(() => 'signed in', ({ code }) => String(code))
  return { accounts, warnings, signIn, edit: (statement: string) => database.exec(statement) }
}

describe('a damaged password hash', () => {
  it('of an account is a wrong password, and the operator\'s next value is the way back in', async () => {
    const { accounts, signIn, edit } = await createHouse()
    edit('UPDATE users SET password_hash = \'x\'')
    expect(await signIn(ADMIN.password)).toBe('UNAUTHENTICATED')
    expect(await accounts.provisionAdmin(ADMIN)).toBe('unchanged')
    expect(await accounts.provisionAdmin(OTHER)).toBe('reset')
    expect(await signIn(OTHER.password)).toBe('signed in')
  })

  it('of what was applied last undoes nothing that was changed on the page, and is said once', async () => {
    const { accounts, warnings, signIn, edit } = await createHouse()
    const { identity } = await accounts.signIn(ADMIN.email, ADMIN.password, 'a')
    await accounts.changeOwnPassword(identity, { current: ADMIN.password, next: 'of the page only' }, { kind: 'environment' }, 'a')
    edit('UPDATE installation SET applied_admin_hash = \'x\'')
    expect(await accounts.provisionAdmin(ADMIN)).toBe('unchanged')
    expect(await accounts.provisionAdmin(ADMIN)).toBe('unchanged')
    expect(warnings).toHaveLength(1)
    expect(await signIn('of the page only')).toBe('signed in')
    expect(await accounts.provisionAdmin(OTHER)).toBe('reset')
    expect(await signIn(OTHER.password)).toBe('signed in')
  })

  it('of both keeps no start from giving an account where there is none', async () => {
    const { accounts, signIn, edit } = await createHouse()
    edit('UPDATE installation SET applied_admin_hash = \'x\'; DELETE FROM users')
    expect(await accounts.provisionAdmin(ADMIN)).toBe('created')
    expect(await signIn(ADMIN.password)).toBe('signed in')
  })
})
