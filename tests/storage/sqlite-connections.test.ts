import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type * as sqlite from 'node:sqlite'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { openStorage, type Storage } from '../../server/storage/open.ts'
import { eventOf, fresh, PASSWORD_HASH, sessionOf, userOf } from './samples.ts'

/* How the connections are set on which everything is really read and written: durability is nothing that a row shows. */

const opened = vi.hoisted((): { database: DatabaseSync, statements: string[] }[] => [])
vi.mock('node:sqlite', async (original) => {
  const real = await original<typeof sqlite>()
  class Recorded extends real.DatabaseSync {
    readonly statements: string[] = []
    constructor(...parameters: ConstructorParameters<typeof DatabaseSync>) {
      super(...parameters)
      opened.push({ database: this, statements: this.statements })
    }

    override prepare(sql: string): StatementSync {
      const { statements } = this
      return new Proxy(super.prepare(sql), {
        get(statement, name) {
          const member: unknown = Reflect.get(statement, name)
          if (typeof member !== 'function') return member
          return (...parameters: unknown[]): unknown => {
            if (name === 'all' || name === 'get' || name === 'run') statements.push(sql)
            return Reflect.apply(member, statement, parameters)
          }
        },
      })
    }
  }
  return { ...real, DatabaseSync: Recorded }
})

const folder = mkdtempSync(join(tmpdir(), 'license-connections-'))
let storage: Storage
beforeAll(async () => { storage = await openStorage({ url: 'file:license.db', baseDir: folder }) })
afterAll(async () => {
  await storage.close()
  rmSync(folder, { recursive: true })
})

function connection(nth: number) {
  const found = opened[nth]
  if (!found) throw new Error(`no connection ${nth} was opened`)
  const pragma = (name: string) => Object.values(found.database.prepare(`pragma ${name}`).get() ?? {})[0]
  return { ...found, pragma }
}
const [WRITES, READS] = [0, 1]

describe('a SQLite file that is in use', () => {
  it('has one connection for writes and one for reads', async () => {
    expect(opened).toHaveLength(2)
    const user = userOf()
    for (const { statements } of opened) statements.length = 0
    await storage.licenses.installation(fresh)
    await storage.accounts.createUser(user, eventOf())
    await storage.accounts.createSession(sessionOf(user), PASSWORD_HASH)
    await storage.licenses.saveSeatsUsed(3)
    expect(connection(READS).statements).toEqual([])
    expect(connection(WRITES).statements).toContain('begin immediate')
    connection(WRITES).statements.length = 0
    await storage.licenses.read()
    await storage.licenses.listEvents({ limit: 9 })
    await storage.accounts.listUsers()
    expect(connection(WRITES).statements.filter(sql => !sql.startsWith('pragma wal_checkpoint'))).toEqual([])
    expect(connection(READS).statements).toHaveLength(3)
  })

  it.each([
    // An acknowledged write is in the file when the power fails (sqlite.org/pragma.html: 2 is FULL).
    ['synchronous', 2], ['journal_mode', 'wal'], ['foreign_keys', 1], ['busy_timeout', 20], ['locking_mode', 'normal'],
  ])('is written with %s = %s', (name, value) => {
    expect(connection(WRITES).pragma(name)).toBe(value)
  })

  it.each([
    ['journal_mode', 'wal'], ['foreign_keys', 1], ['busy_timeout', 20], ['locking_mode', 'normal'],
  ])('is read with %s = %s', (name, value) => {
    expect(connection(READS).pragma(name)).toBe(value)
  })

  it('is read by a connection that can write nothing', () => {
    expect(() => connection(READS).database.exec('delete from events')).toThrow(/readonly/)
  })

  it('is set so again by every start', async () => {
    await storage.close()
    opened.length = 0
    storage = await openStorage({ url: 'file:license.db', baseDir: folder })
    expect(opened).toHaveLength(2)
    expect([connection(WRITES).pragma('synchronous'), connection(WRITES).pragma('foreign_keys'), connection(READS).pragma('journal_mode')]).toEqual([2, 1, 'wal'])
    const user = userOf()
    const session = sessionOf(user)
    await storage.accounts.createUser(user, eventOf())
    await storage.accounts.createSession(session, PASSWORD_HASH)
    await storage.accounts.deleteUser(user.id, eventOf())
    expect(connection(READS).database.prepare('select count(*) as count from sessions where id = ?').get(session.id)).toEqual({ count: 0 })
  })

  it('is closed on both', async () => {
    await storage.close()
    expect(opened.map(({ database }) => database.isOpen)).toEqual([false, false])
  })
})
