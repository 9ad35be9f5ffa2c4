import { CompiledQuery, type Kysely } from 'kysely'
import { describe, expect, it } from 'vitest'
import { createMigrator } from '../../server/storage/migrations.ts'
import { openStorage, type Storage } from '../../server/storage/open.ts'
import { TABLES, type Database } from '../../server/storage/schema.ts'
import type { PlanBackend } from './million-events.ts'
import { eventOf, NOW, userOf } from './samples.ts'

/** Databases as earlier versions left them, opened by this one. Later migrations change nothing about these tests. */
export function describeUpgrades(title: string, backend: PlanBackend): void {
  /** A database whose last migration is the named one, with what the statements put in. */
  async function leftBy(last: string, statements: string[]): Promise<{ url: string, db: Kysely<Database> }> {
    const url = await backend.freshUrl()
    await (await openStorage({ url, baseDir: '/' })).close()
    const db = backend.connect(url)
    const run = (statement: string) => db.executeQuery(CompiledQuery.raw(statement))
    for (const table of [...TABLES.toReversed(), 'license_migration', 'license_migration_lock']) await run(`drop table ${table}`)
    const { error } = await createMigrator(db).migrateTo(last)
    if (error) throw error
    // Every version made its identity at its first start.
    await run('update installation set instance_id = \'0123456789abcdef0123456789abcdef\', session_secret = \'secret\', created_at = 1')
    for (const statement of statements) await run(statement)
    return { url, db }
  }

  async function upgraded(last: string, statements: string[], look: (storage: Storage, db: Kysely<Database>) => Promise<void>): Promise<void> {
    const { url, db } = await leftBy(last, statements)
    const storage = await openStorage({ url, baseDir: '/' })
    try {
      expect(storage.created).toBe(false)
      await look(storage, db)
    }
    finally {
      await storage.close()
      await db.destroy()
    }
  }

  const REMOVED = 'insert into events values (7, \'removed\', 1, 1, 1, \'system\', null, null, \'{}\')'
  const FAILED = 'insert into events values (9, \'check_in_failed\', 2, 1, 4, \'user\', \'a@b.c\', \'192.0.2.1\', \'{"code":"NET_DNS"}\')'
  const ADMIN = `insert into users values ('id-1', 'admin@example.com', 'admin', '$argon2id$hash', ${NOW})`
  const SETUP = 'update installation set version = 9, setup_digest = \'digest\', setup_expires_at = 5'

  describe(title, () => {
    it.each([['0001_license'], ['0002_events_by_kind']])('of %s keeps its events and gets both indexes', (last) =>
      upgraded(last, [REMOVED, FAILED, SETUP], async ({ licenses, accounts }, db) => {
        const events = await licenses.listEvents({ limit: 9 })
        expect(events).toEqual([
          { id: 9, kind: 'check_in_failed', at: 2, firstAt: 1, count: 4, actor: 'user', actorEmail: 'a@b.c', address: '192.0.2.1', details: { code: 'NET_DNS' } },
          { id: 7, kind: 'removed', at: 1, firstAt: 1, count: 1, actor: 'system', actorEmail: null, address: null, details: {} },
        ])
        expect((await licenses.listEvents({ kind: 'removed', limit: 1 })).map(event => event.id)).toEqual([7])
        expect(await accounts.setupToken()).toEqual({ digest: 'digest', expiresAt: 5 })
        // Both databases say so when one exists already.
        for (const [name, columns] of [['events_kind_id', 'kind, id'], ['events_at', 'at']]) {
          const again = db.executeQuery(CompiledQuery.raw(`create index ${name} on events (${columns})`))
          await expect(again).rejects.toThrow(new RegExp(`${name}.* already exists`))
        }
      }))

    it('of 0002 then logs what scripts do, and still nobody unknown', () =>
      upgraded('0002_events_by_kind', [REMOVED, SETUP], async ({ licenses }, db) => {
        await licenses.appendEvent(eventOf({ actor: 'token', actorEmail: null }))
        expect((await licenses.listEvents({ limit: 1 }))[0]?.actor).toBe('token')
        const unknown = db.executeQuery(CompiledQuery.raw(REMOVED.replace('7', '99').replace('system', 'nobody')))
        await expect(unknown).rejects.toThrow(/constraint/i)
        const twice = db.executeQuery(CompiledQuery.raw(REMOVED))
        await expect(twice).rejects.toThrow(/unique/i)
      }))

    it('of 0002 with accounts does not know what was applied from the environment, until it is told', () =>
      upgraded('0002_events_by_kind', [ADMIN], async ({ accounts }) => {
        expect(await accounts.appliedAdmin()).toBe('unknown')
        const applied = { email: 'admin@example.com', passwordHash: 'hash' }
        expect(await accounts.applyAdmin({ previous: null, applied })).toBe('stale')
        expect(await accounts.applyAdmin({ previous: 'unknown', applied })).toBe('written')
        expect(await accounts.appliedAdmin()).toEqual(applied)
      }))

    it('of 0002 without accounts, and a new one, know that nothing was', async () => {
      await upgraded('0002_events_by_kind', [], async ({ accounts }) => {
        expect(await accounts.appliedAdmin()).toBeNull()
        expect(await accounts.createUser(userOf(), eventOf())).toBe('written')
      })
    })

    it('opened again is left alone', async () => {
      const { url, db } = await leftBy('0002_events_by_kind', [REMOVED, ADMIN])
      await db.destroy()
      for (let opened = 0; opened < 2; opened++) {
        const storage = await openStorage({ url, baseDir: '/' })
        expect((await storage.licenses.listEvents({ limit: 9 })).map(({ id }) => id)).toEqual([7])
        expect(await storage.accounts.appliedAdmin()).toBe('unknown')
        await storage.close()
      }
    })
  })
}
