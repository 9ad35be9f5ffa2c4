import { CompiledQuery, type Kysely } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MIGRATIONS } from '../../server/storage/migrations.ts'
import { openStorage, type Storage } from '../../server/storage/open.ts'
import type { Database } from '../../server/storage/schema.ts'
import type { PlanBackend } from './million-events.ts'
import { listReleased, type Kind, type Released, type Row } from './released-databases.ts'
import { DAY, diagnosticsOf, eventOf, failureOf, HOUR, NOW, silenceOf, userOf } from './samples.ts'

/** A kind of database in which one of an earlier version can be made. */
export interface UpgradeBackend extends PlanBackend {
  kind: Kind
  /** A new database in which the statements have been run. */
  madeBy(statements: string): Promise<string>
}

/** Tables of the migrator, which change with every migration. */
const OF_MIGRATIONS = ['license_migration', 'license_migration_lock']
/** What an upgrade writes into a column that it adds, where that is not null: every database here has accounts. */
const FILLED: Readonly<Record<string, unknown>> = { 'installation.applied_admin_unknown': 1 }
/** Nobody but the database's health is told by this one. */
const VOLATILE = ['installation.probed_at']

type Contents = Map<string, Row[]>
interface Upgraded { url: string, storage: Storage, before: Contents }

/** Databases as released versions left them, with everything that those write in them, opened by this one. */
export function describeUpgrades(title: string, backend: UpgradeBackend): void {
  async function read(db: Kysely<Database>): Promise<Contents> {
    const names = (await db.introspection.getTables()).map(({ name }) => name).filter(name => !OF_MIGRATIONS.includes(name))
    const contents: Contents = new Map()
    for (const name of names.toSorted()) {
      const { rows } = await db.executeQuery<Row>(CompiledQuery.raw(`select * from ${name}`))
      contents.set(name, rows.toSorted((a, b) => JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
    }
    return contents
  }

  async function upgrade(released: Pick<Released, 'statements'>): Promise<Upgraded> {
    const url = await backend.madeBy(released.statements(backend.kind))
    const db = backend.connect(url)
    const before = await read(db)
    const storage = await openStorage({ url, baseDir: '/' }).finally(() => db.destroy())
    return { url, storage, before }
  }

  async function readAgain(url: string): Promise<Contents> {
    const db = backend.connect(url)
    return read(db).finally(() => db.destroy())
  }

  /** What became of each column that was there: `table.column` → its values, in the order of the rows. */
  function columnsOf(contents: Contents, wanted: Contents): Record<string, unknown[]> {
    return Object.fromEntries([...wanted].flatMap(([table, rows]) => Object.keys(rows[0] ?? {}).map(column =>
      [`${table}.${column}`, (contents.get(table) ?? []).map(row => row[column])])).filter(([name]) => !VOLATILE.includes(String(name))))
  }

  describe(title, () => {
    describe.each(listReleased())('left by $version', (released) => {
      let upgraded: Upgraded
      beforeAll(async () => { upgraded = await upgrade(released) })
      afterAll(() => upgraded.storage.close())

      it('keeps every value of every column, and gets null in those it is given', async () => {
        const { url, storage, before } = upgraded
        const after = await readAgain(url)
        expect(storage.created).toBe(false)
        for (const [table, rows] of before) expect(rows.length, `${table} has data to lose`).toBeGreaterThan(0)
        expect(columnsOf(after, before)).toEqual(columnsOf(before, before))
        for (const [table, rows] of after) {
          const known = Object.keys(before.get(table)?.[0] ?? {})
          if (table === 'oldest_versions') {
            expect(rows.length, table).toBeGreaterThan(0)
            continue
          }
          if (!before.has(table)) expect(rows, table).toEqual([])
          for (const row of rows) {
            for (const column of Object.keys(row).filter(name => !known.includes(name))) {
              const name = `${table}.${column}`
              if (!VOLATILE.includes(name)) expect([name, Number(row[column])]).toEqual([name, Number(FILLED[name] ?? null)])
            }
          }
        }
      })

      it('is brought up to date', () => {
        expect(upgraded.storage.migrations.at(-1)).toBe(Object.keys(MIGRATIONS).at(-1))
      })

      it('is understood', async () => {
        const { licenses, accounts } = upgraded.storage
        expect([await licenses.listFindings(), await licenses.readDiagnostics()]).toEqual([[], null])
        expect((await licenses.listEvents({ limit: 99 })).map(({ finding }) => finding).filter(finding => finding !== null)).toEqual([])
        expect(await licenses.read()).toMatchObject({
          revision: 4,
          license: {
            method: 'standard', lease: 'header.lease-4.sig', jti: 'lease-4', verdict: 'a.verdict.sig', verdictRun: null, secret: 'secret-1', maskedKey: 'nc_••••••••wxyz',
            activatedAt: NOW + 5, lastState: 'suspended', lastSuccessAt: NOW + 6 * HOUR, lastAttemptAt: NOW + DAY + 2 * HOUR,
            nextAt: NOW + DAY + 3 * HOUR, consecutiveFailures: 3, failingSince: NOW + DAY, lastError: 'NET_DNS', lastFinding: null,
          },
          trusted: { at: NOW + DAY, uptime: 86_400_000, boot: 'boot-2', continuous: true },
          seatsUsed: 42, provisionedDigest: 'env-digest', renewalAttemptAt: NOW + 3 * HOUR, lastRequest: { body: { nonce: 'n' } },
        })
        expect((await licenses.read()).marks).toHaveLength(2)
        expect(await licenses.listEvents({ limit: 2, kind: 'vendor_told' })).toMatchObject([
          { actor: 'environment', details: { text: '名 “quoted” \\ \'single\' 100 %', n: 7 } },
        ])
        expect(await accounts.getSession('session-2', NOW)).toMatchObject({ user: { email: 'zoë+o\'neil@例え.jp', role: 'viewer' } })
        expect(await accounts.setupToken()).toEqual({ digest: 'setup-digest', expiresAt: NOW + HOUR })
      })

      it('can be written, also by what came later', async () => {
        const { url, storage: { licenses, accounts } } = upgraded
        expect(await accounts.createUser(userOf(), eventOf({ actor: 'token', actorEmail: null }))).toBe('written')
        expect((await licenses.listEvents({ limit: 1 }))[0]?.actor).toBe('token')
        const previous = await accounts.appliedAdmin()
        expect(await accounts.applyAdmin({ previous, applied: { email: 'a@example.com', passwordHash: 'hash' } })).toBe('written')
        await licenses.commit(failureOf(NOW + 2 * DAY, 'lease-4'))
        await licenses.saveDiagnostics(diagnosticsOf(NOW))
        expect((await licenses.read()).license).toMatchObject({ consecutiveFailures: 4, lastFinding: silenceOf(NOW + 2 * DAY) })
        expect([await licenses.listFindings(), await licenses.readDiagnostics()]).toEqual([[silenceOf(NOW + 2 * DAY)], diagnosticsOf(NOW)])
        const event = (id: number, actor: string) =>
          `insert into events (id, kind, at, first_at, count, actor, details) values (${id}, 'removed', 1, 1, 1, '${actor}', '{}')`
        for (const [statement, refusal] of [
          // Both databases say so when an index exists already.
          ['create index events_kind_id on events (kind, id)', /events_kind_id.* already exists/],
          ['create index events_at on events (at)', /events_at.* already exists/],
          [event(99, 'nobody'), /constraint/i], [event(3, 'system'), /unique/i],
        ] as const) {
          const db = backend.connect(url)
          await expect(db.executeQuery(CompiledQuery.raw(statement)).finally(() => db.destroy()), statement).rejects.toThrow(refusal)
        }
      })

      it('opened again is left alone', async () => {
        const before = await readAgain(upgraded.url)
        const again = await openStorage({ url: upgraded.url, baseDir: '/' })
        try {
          expect(again.migrations).toEqual([])
          expect(columnsOf(await readAgain(upgraded.url), before)).toEqual(columnsOf(before, before))
        }
        finally {
          await again.close()
        }
      })
    })

    it('of before NC_ADMIN_PASSWORD was remembered does not know what was applied, where it has accounts', async () => {
      const released = listReleased().find(({ version }) => version === '0.1.0')
      if (!released) throw new Error('released/0.1.0.sql is missing')
      const statements = (kind: Kind) => `${released.statements(kind)}; delete from sessions; delete from users;`
      const [having, without] = [await upgrade(released), await upgrade({ statements })]
      try {
        const { accounts } = having.storage
        expect(await accounts.appliedAdmin()).toBe('unknown')
        const applied = { email: 'admin@example.com', passwordHash: 'hash' }
        expect(await accounts.applyAdmin({ previous: null, applied })).toBe('stale')
        expect(await accounts.applyAdmin({ previous: 'unknown', applied })).toBe('written')
        expect(await accounts.appliedAdmin()).toEqual(applied)
        expect(await without.storage.accounts.appliedAdmin()).toBeNull()
      }
      finally {
        for (const { storage } of [having, without]) await storage.close()
      }
    })
  })
}
