import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { isSettingRefused, settingPerTransaction } from '../../../server/storage/postgres-settings.ts'

const SETTINGS = { lock_timeout: '3500', search_path: '"it\'s"' }
const SET = 'select set_config(\'lock_timeout\', \'3500\', true), set_config(\'search_path\', \'"it\'\'s"\', true)'

/** A connection that writes down what it is sent, and fails at what `fails` fits. */
function connection(fails = /^never$/) {
  const sent: string[] = []
  const bare = Object.assign(new pg.Client(), {
    release: () => undefined,
    async query(text: string) {
      sent.push(text)
      if (fails.test(text)) throw new Error(`failed: ${text}`)
      return { rows: [text] }
    },
  })
  const given: pg.PoolClient = Object(bare)
  return { sent, client: settingPerTransaction(given, SETTINGS) }
}

describe('F90: settings for each transaction', () => {
  it('come with its beginning, in one message', async () => {
    const { sent, client } = connection()
    for (const text of ['start transaction isolation level read committed', 'select 1', 'update x', 'commit', 'begin', 'rollback']) await client.query(text)
    expect(sent).toEqual([`start transaction isolation level read committed; ${SET}`, 'select 1', 'update x', 'commit', `begin; ${SET}`, 'rollback'])
  })

  it('make a transaction of a statement that has none, and give its answer', async () => {
    const { sent, client } = connection()
    expect(await client.query('select 1')).toEqual({ rows: ['select 1'] })
    expect(sent).toEqual([`begin; ${SET}`, 'select 1', 'commit'])
  })

  it.each([['select 2', ['select 2', 'rollback']], ['commit', ['select 2', 'commit', 'rollback']]])('leave no transaction open where %s fails', async (what, then) => {
    const { sent, client } = connection(new RegExp(`^${what}$`))
    await expect(client.query('select 2')).rejects.toThrow(`failed: ${what}`)
    expect(sent).toEqual([`begin; ${SET}`, ...then])
    await client.query('select 3').catch(() => undefined)
    expect(sent).toContain('select 3')
    expect(sent.filter(text => text.startsWith('begin'))).toHaveLength(2)
  })

  it('leave none open where the beginning fails, and tell why', async () => {
    const { sent, client } = connection(/^start/)
    await expect(client.query('start transaction')).rejects.toThrow('failed: start')
    await client.query('select 1')
    expect(sent).toEqual([`start transaction; ${SET}`, 'rollback', `begin; ${SET}`, 'select 1', 'commit'])
  })

  it('stay in force where a part of the transaction is rolled back', async () => {
    const { sent, client } = connection()
    for (const text of ['begin', 'rollback to savepoint a', 'select 1', 'commit']) await client.query(text)
    expect(sent).toEqual([`begin; ${SET}`, 'rollback to savepoint a', 'select 1', 'commit'])
  })
})

it.each<[string, string, boolean]>([
  ['08P01', 'unsupported startup parameter: options', true], ['08P01', 'unsupported startup parameter in options: lock_timeout', true],
  ['08P01', 'no more connections allowed', false], ['28000', 'unsupported startup parameter: options', false],
])('F90: %s %s is a pooler that takes no settings: %s', (code, message, refused) => {
  expect(isSettingRefused(Object.assign(new Error(message), { code, severity: 'FATAL' }))).toBe(refused)
})
