import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PostgresServer } from '../support/postgres-server.ts'
import { startPostgres } from '../support/postgres-server.ts'
import { runToEnd } from '../support/run-to-end.ts'

/* Commands run before there is a server, on whatever database the server will use, and end by themselves. */

const folder = mkdtempSync(join(tmpdir(), 'nc-commands-'))
let postgres: PostgresServer
beforeAll(async () => { postgres = await startPostgres() })
afterAll(async () => {
  await postgres.remove()
  rmSync(folder, { recursive: true })
})

describe.each([
  ['SQLite', async () => `file:${join(folder, 'license.db')}`], ['PostgreSQL', () => postgres.createDatabase()],
])('on %s', (kind, create) => {
  it('migrate makes the tables, has nothing more to do after that, and check finds the database', async () => {
    const DATABASE_URL = await create()
    expect(await runToEnd({ DATABASE_URL }, 'migrate')).toMatchObject({ code: 0, output: expect.stringMatching(/^The tables of \S+ have been created \(0001_license, .*\)\.\n$/) })
    expect(await runToEnd({ DATABASE_URL }, 'migrate')).toMatchObject({ code: 0, output: expect.stringMatching(/^The tables of \S+ were up to date\.\n$/) })
    const { output } = await runToEnd({ DATABASE_URL, NC_LICENSE_SERVER_URL: 'http://127.0.0.1:9' }, 'check', '--network')
    // A database that cannot be read would have a second line, with what helps.
    expect(output.match(/^Database: .*$/gm)).toEqual([expect.stringContaining(kind)])
    expect(output).toMatch(/^Something blocks the way to the license server\.$/m)
  })
})
