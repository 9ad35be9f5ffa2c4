import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync, StatementSync } from 'node:sqlite'
import { expect, it, onTestFinished, vi } from 'vitest'
import { openStorage } from '../../server/storage/open.ts'
import { eventOf } from './samples.ts'

/* A session that was read is remembered only until somebody writes, in this process or another. */

const NOW = 1_000_000
const session = { id: 's1', userId: 'u1', createdAt: NOW, lastSeenAt: NOW, expiresAt: NOW + 1000 }

async function open() {
  const folder = mkdtempSync(join(tmpdir(), 'nc-sessions-'))
  const { accounts, close, location } = await openStorage({ url: 'file:license.db', baseDir: folder })
  const other = new DatabaseSync(location, { timeout: 5000 })
  onTestFinished(async () => {
    other.close()
    await close()
    rmSync(folder, { recursive: true })
  })
  await accounts.createUser({ id: 'u1', email: 'ada@customer.example', role: 'admin', passwordHash: 'x', createdAt: NOW }, eventOf())
  await accounts.createSession(session, 'x')
  const roleNow = async (now = NOW) => (await accounts.getSession('s1', now))?.user.role
  expect([await roleNow(), await roleNow()]).toEqual(['admin', 'admin'])
  return { accounts, other, roleNow }
}

it('a session that ends here ends at once', async () => {
  const { accounts, roleNow } = await open()
  await accounts.deleteSession('s1')
  expect(await roleNow()).toBeUndefined()
})

it.each(['delete from sessions', 'delete from users', 'update sessions set expires_at = created_at'])('a session that another process ends, ends at once: %s', async (sql) => {
  const { other, roleNow } = await open()
  other.exec(sql)
  expect(await roleNow()).toBeUndefined()
})

it('a role that another process changes counts at once', async () => {
  const { other, roleNow } = await open()
  other.exec('update users set role = \'viewer\'')
  expect(await roleNow()).toBe('viewer')
})

it('a role that another process changes while the session is being read counts for the next', async () => {
  const { other, roleNow } = await open()
  // What was remembered is old.
  other.exec('update users set created_at = created_at + 1')
  const { all } = StatementSync.prototype
  const reading = vi.spyOn(StatementSync.prototype, 'all').mockImplementationOnce(function (this: StatementSync, ...parameters: unknown[]) {
    const rows: ReturnType<typeof all> = Reflect.apply(all, this, parameters)
    other.exec('update users set role = \'viewer\'')
    return rows
  })
  onTestFinished(() => reading.mockRestore())
  expect([await roleNow(), await roleNow()]).toEqual(['admin', 'viewer'])
})

it('a session expires to the millisecond although nobody writes', async () => {
  const { roleNow } = await open()
  expect([await roleNow(NOW + 999), await roleNow(NOW + 1000), await roleNow(NOW + 999)]).toEqual(['admin', undefined, 'admin'])
})
