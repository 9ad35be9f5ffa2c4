import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import type { EventView, User } from '../../shared/contracts.ts'
import type { ApiClient } from '../support/api-client.ts'
import { createApiClient, signIn } from '../support/api-client.ts'
import type { Product } from '../support/product-process.ts'
import { ADMIN } from '../support/product-process.ts'
import { expectError } from '../support/expect-error.ts'
import { restart, startOwnProduct, useStand } from '../support/stand.ts'

/* NC_ADMIN_EMAIL and NC_ADMIN_PASSWORD: applied once per value. */

const stand = useStand()
const OTHER = { email: 'other@example.com', password: 'another password' }
const NEXT = { ...ADMIN, password: 'a different password' }

const start = (env: Record<string, string | undefined> = {}) => startOwnProduct({ licenseServerUrl: stand.licenseServer.url, env })
const again = (product: Product, env: Record<string, string | undefined> = {}) => restart(product, { licenseServerUrl: stand.licenseServer.url, env })

async function expectRefused({ url }: Product, account: { email: string, password: string }): Promise<void> {
  expectError(await createApiClient(url).request('POST', '/api/auth/login', account), 'UNAUTHENTICATED')
}

async function withSecondAdmin(product: Product): Promise<ApiClient> {
  const client = await signIn(product.url)
  expect((await client.request('POST', '/api/users', { ...OTHER, role: 'admin' })).status).toBe(201)
  return client
}

async function userOf(client: ApiClient, email: string): Promise<User | undefined> {
  return (await client.request<{ users: User[] }>('GET', '/api/users')).body.users.find(user => user.email === email)
}

const outcomes = (product: Product) => [...product.output().matchAll(/administrator from NC_ADMIN_EMAIL (\w+)/g)].map(([, outcome]) => outcome)

describe('F85: an unchanged NC_ADMIN_PASSWORD undoes nothing', () => {
  it('the password was changed on the page: the old one stays dead, sessions live on', async () => {
    const product = await start()
    expect(outcomes(product)).toEqual(['created'])
    const client = await signIn(product.url)
    expect((await client.request('PUT', '/api/auth/password', { current: ADMIN.password, next: NEXT.password })).status).toBe(200)
    const second = await again(product)
    expect(outcomes(second)).toEqual(['unchanged'])
    await expectRefused(second, ADMIN)
    await signIn(second.url, NEXT)
    expect((await client.request('GET', '/api/auth/session')).status).toBe(200)
  })

  it('the account was made a viewer: it stays one', async () => {
    const product = await start()
    await withSecondAdmin(product)
    const other = await signIn(product.url, OTHER)
    const user = await userOf(other, ADMIN.email)
    expect((await other.request('PATCH', `/api/users/${user?.id}`, { role: 'viewer' })).status).toBe(200)
    const second = await again(product)
    expect(await userOf(other, ADMIN.email)).toMatchObject({ role: 'viewer' })
    await signIn(second.url)
  })

  it('the account was removed: it stays away, also after the variables were gone for one start', async () => {
    const product = await start()
    await withSecondAdmin(product)
    const other = await signIn(product.url, OTHER)
    const user = await userOf(other, ADMIN.email)
    expect((await other.request('DELETE', `/api/users/${user?.id}`)).status).toBe(204)
    const second = await again(product)
    await expectRefused(second, ADMIN)
    const third = await again(second, { NC_ADMIN_EMAIL: undefined, NC_ADMIN_PASSWORD: undefined })
    const fourth = await again(third)
    expect(outcomes(fourth)).toEqual(['unchanged'])
    await expectRefused(fourth, ADMIN)
    expect(await userOf(other, ADMIN.email)).toBeUndefined()
  })
})

describe('a changed NC_ADMIN_PASSWORD is the way back in', () => {
  it('it resets password and role, ends the sessions, and does so once', async () => {
    const product = await start()
    const client = await withSecondAdmin(product)
    const other = await signIn(product.url, OTHER)
    await other.request('PATCH', `/api/users/${(await userOf(other, ADMIN.email))?.id}`, { role: 'viewer' })
    const asViewer = await signIn(product.url)
    const second = await again(product, { NC_ADMIN_PASSWORD: NEXT.password })
    expect(outcomes(second)).toEqual(['reset'])
    for (const session of [client, asViewer]) expectError(await session.request('GET', '/api/auth/session'), 'UNAUTHENTICATED')
    await expectRefused(second, ADMIN)
    expect((await (await signIn(second.url, NEXT)).request<{ user: User }>('GET', '/api/auth/session')).body.user.role).toBe('admin')
    expect((await other.request('GET', '/api/auth/session')).status).toBe(200)
    const { body } = await other.request<{ events: EventView[] }>('GET', '/api/license/events?kind=account_changed&limit=1')
    expect(body.events[0]).toMatchObject({ actor: 'environment', details: { account: ADMIN.email, change: 'reset' } })
    expect(outcomes(await again(second, { NC_ADMIN_PASSWORD: NEXT.password }))).toEqual(['unchanged'])
  })

  it('also for an account that was made on the page, or removed there', async () => {
    const product = await start({ NC_ADMIN_EMAIL: OTHER.email, NC_ADMIN_PASSWORD: OTHER.password })
    const client = await signIn(product.url, OTHER)
    await client.request('POST', '/api/users', { ...ADMIN, role: 'admin' })
    const named = { NC_ADMIN_EMAIL: ADMIN.email, NC_ADMIN_PASSWORD: NEXT.password }
    const second = await again(product, named)
    expect(outcomes(second)).toEqual(['reset'])
    await signIn(second.url, NEXT)
    await client.request('DELETE', `/api/users/${(await userOf(client, ADMIN.email))?.id}`)
    expect(outcomes(await again(second, { ...named, NC_ADMIN_PASSWORD: 'yet another password' }))).toEqual(['created'])
  })

  it('another e-mail with the same password makes that account, and resets none that exists', async () => {
    const product = await start()
    const client = await withSecondAdmin(product)
    const second = await again(product, { NC_ADMIN_EMAIL: OTHER.email })
    expect(outcomes(second)).toEqual(['unchanged'])
    await signIn(second.url, OTHER)
    await expectRefused(second, { ...OTHER, password: ADMIN.password })
    const third = await again(second, { NC_ADMIN_EMAIL: 'third@example.com' })
    expect(outcomes(third)).toEqual(['created'])
    await signIn(third.url, { ...ADMIN, email: 'third@example.com' })
    expect((await client.request('GET', '/api/auth/session')).status).toBe(200)
  })

  it('where no administrator is left at all, an unchanged one is applied', async () => {
    const product = await start()
    await product.stop()
    const database = new DatabaseSync(product.databaseFile)
    database.exec('delete from users')
    database.close()
    expect(outcomes(await again(product))).toEqual(['created'])
  })

  it('the set-up link\'s administrator, locked out, gets in by variables that are set for the first time', async () => {
    const product = await start({ NC_ADMIN_EMAIL: undefined, NC_ADMIN_PASSWORD: undefined })
    const token = /setup#token=([\w-]+)/.exec(product.output())?.[1]
    expect((await createApiClient(product.url).request('POST', '/api/auth/setup', { ...ADMIN, token, password: 'forgotten long ago' })).status).toBe(200)
    const second = await again(product)
    expect(outcomes(second)).toEqual(['reset'])
    await signIn(second.url)
  })
})

describe('what was applied is kept', () => {
  it('as an Argon2id hash, never as the password or a fast digest of it', async () => {
    const product = await start()
    await product.stop()
    const database = new DatabaseSync(product.databaseFile)
    const row = database.prepare('select applied_admin_email as email, applied_admin_hash as hash from installation').get()
    database.close()
    expect(row).toMatchObject({ email: ADMIN.email, hash: expect.stringMatching(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/) })
  })

  it('F85: after an upgrade the value counts as applied where its account exists', async () => {
    const product = await start()
    const client = await signIn(product.url)
    await client.request('PUT', '/api/auth/password', { current: ADMIN.password, next: NEXT.password })
    await product.stop()
    const database = new DatabaseSync(product.databaseFile)
    // As the migration leaves a database in which there are accounts.
    database.exec('update installation set applied_admin_email = null, applied_admin_hash = null, applied_admin_unknown = 1')
    database.close()
    const second = await again(product)
    expect(outcomes(second)).toEqual(['unchanged'])
    await expectRefused(second, ADMIN)
    await signIn(second.url, NEXT)
    const third = await again(second, { NC_ADMIN_PASSWORD: 'a third password' })
    expect(outcomes(third)).toEqual(['reset'])
  })
})

describe('a password of the environment', () => {
  it.each([['ten spaces', ' '.repeat(10)], ['zero-width characters', '\u200b'.repeat(12)]])('of %s ends the start', async (_what, password) => {
    await expect(startOwnProduct({ licenseServerUrl: stand.licenseServer.url, env: { NC_ADMIN_PASSWORD: password } })).rejects.toThrow(/NC_ADMIN_PASSWORD/)
  })

  it('typed in another normal form is the same value', async () => {
    const password = 'Käse für Zoë'.normalize('NFD')
    const product = await start({ NC_ADMIN_PASSWORD: password })
    await signIn(product.url, { ...ADMIN, password: password.normalize('NFC') })
    expect(outcomes(await again(product, { NC_ADMIN_PASSWORD: password.normalize('NFC') }))).toEqual(['unchanged'])
  })
})
