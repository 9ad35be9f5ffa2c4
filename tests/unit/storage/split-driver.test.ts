import { CompiledQuery, type DatabaseConnection, type Driver } from 'kysely'
import { describe, expect, it } from 'vitest'
import { createSplitDriver } from '../../../server/storage/split-driver.ts'

/** A driver that notes what reaches it, and fails at one step. */
function driverOf(name: string, notes: string[], fails?: string): Driver {
  const step = async (what: string) => {
    notes.push(`${name}: ${what}`)
    if (what === fails) throw new Error(fails)
  }
  const connection: DatabaseConnection = {
    async executeQuery({ sql }) {
      await step(sql)
      return { rows: [] }
    },
    streamQuery() { throw new TypeError('not streamed') },
  }
  return {
    init: async () => {},
    async acquireConnection() {
      await step('acquire')
      return connection
    },
    beginTransaction: () => step('begin'),
    commitTransaction: () => step('commit'),
    rollbackTransaction: () => step('rollback'),
    releaseConnection: () => step('release'),
    destroy: async () => {},
  }
}

/** Takes one connection through the steps, as Kysely does: what reached the drivers, and what was reported. */
async function run(steps: readonly string[], { fails, reader = true }: { fails?: string, reader?: boolean } = {}) {
  const notes: string[] = []
  const reports: string[] = []
  const reads = reader ? driverOf('reader', notes, fails) : undefined
  const driver = createSplitDriver({ reads: () => reads, writes: driverOf('writer', notes, fails) }, {
    succeeded: side => void reports.push(`${side} succeeded`),
    failed: side => void reports.push(`${side} failed`),
  })
  const connection = await driver.acquireConnection()
  const ways: Record<string, () => Promise<unknown>> = {
    begin: () => driver.beginTransaction(connection, {}),
    commit: () => driver.commitTransaction(connection),
    rollback: () => driver.rollbackTransaction(connection),
  }
  for (const step of steps) {
    const way = ways[step] ?? (() => connection.executeQuery(CompiledQuery.raw(step)))
    await way().catch((error: unknown) => expect(error).toMatchObject({ message: fails }))
  }
  await driver.releaseConnection(connection)
  return { notes, reports }
}

describe('what is proven by', () => {
  it.each<[string, string[], string[]]>([
    ['a read: that reading works', ['select 1'], ['read succeeded']],
    ['a write: that writing works', ['update t'], ['write succeeded']],
    ['the begin of a transaction: nothing', ['begin'], []],
    ['a statement within one: nothing', ['begin', 'select 1', 'update t'], []],
    ['its commit: that writing works', ['begin', 'select 1', 'update t', 'commit'], ['write succeeded']],
    ['its rollback: nothing', ['begin', 'update t', 'rollback'], []],
    ['a read after it: that reading works', ['begin', 'rollback', 'select 1'], ['read succeeded']],
  ])('%s', async (_, steps, reports) => {
    expect((await run(steps)).reports).toEqual(reports)
  })
})

describe('a failure counts', () => {
  it.each<[string, string[], string, string]>([
    ['to reading: of a read', ['select 1'], 'select 1', 'read failed'],
    ['to reading: of the wait for a connection to read with', ['select 1'], 'acquire', 'read failed'],
    ['to writing: of a write', ['update t'], 'update t', 'write failed'],
    ['to writing: of the wait for a connection to write with', ['begin'], 'acquire', 'write failed'],
    ['to writing: of a begin', ['begin'], 'begin', 'write failed'],
    ['to writing: of a read in a transaction', ['begin', 'select 1'], 'select 1', 'write failed'],
    ['to writing: of a commit', ['begin', 'update t', 'commit'], 'commit', 'write failed'],
    ['to writing: of a rollback', ['begin', 'rollback'], 'rollback', 'write failed'],
  ])('%s', async (_, steps, fails, report) => {
    expect((await run(steps, { fails })).reports).toEqual([report])
  })
})

describe('a connection', () => {
  it.each<[string, string[], boolean, string[]]>([
    ['to read with is given back before one to write with is taken', ['select 1', 'update t'], true,
      ['reader: acquire', 'reader: select 1', 'reader: release', 'writer: acquire', 'writer: update t', 'writer: release']],
    ['to write with reads as well, what it has written', ['update t', 'select 1'], true,
      ['writer: acquire', 'writer: update t', 'writer: select 1', 'writer: release']],
    ['is one for a whole transaction', ['begin', 'select 1', 'commit'], true,
      ['writer: acquire', 'writer: begin', 'writer: select 1', 'writer: commit', 'writer: release']],
    ['is the one to write with where there is none to read with', ['select 1'], false,
      ['writer: acquire', 'writer: select 1', 'writer: release']],
  ])('%s', async (_, steps, reader, notes) => {
    expect((await run(steps, { reader })).notes).toEqual(notes)
  })
})
