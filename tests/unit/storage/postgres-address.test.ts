import { describe, expect, it } from 'vitest'
import { parseOptions, parsePostgresAddress, SCHEMA_NAME, toLocation, toOptions } from '../../../server/storage/postgres-address.ts'

const ADDRESS = 'postgres://u:p%40ss@db.example:5433/license'
const LIMITS = { statement_timeout: '5000', lock_timeout: '3500', idle_in_transaction_session_timeout: '10000' }

describe('F90: a postgres: address', () => {
  it('that says nothing else has our time limits, and no schema', () => {
    expect(parsePostgresAddress(ADDRESS)).toEqual({ connectionString: ADDRESS, schema: null, settings: LIMITS })
  })

  it('names a schema, which becomes the whole search_path and is not left to the driver', () => {
    expect(parsePostgresAddress(`${ADDRESS}?sslmode=disable&schema=My-1`)).toEqual({
      connectionString: `${ADDRESS}?sslmode=disable`, schema: 'My-1', settings: { ...LIMITS, search_path: '"My-1"' },
    })
  })

  it('sets other limits than ours, by parameters before options', () => {
    const { connectionString, settings } = parsePostgresAddress(`${ADDRESS}?lock_timeout=0100&options=-c%20lock_timeout%3D7%20--statement-timeout%3D8&query_timeout=9`)
    expect(settings).toEqual({ ...LIMITS, lock_timeout: '100', statement_timeout: '8' })
    expect(connectionString).toBe(`${ADDRESS}?query_timeout=9`)
  })

  it('is logged with its schema, and without password and other parameters', () => {
    expect(toLocation(`${ADDRESS}?password=secret&schema=My-1#x`)).toBe('postgres://u@db.example:5433/license?schema=My-1')
    expect(toLocation(`${ADDRESS}?sslmode=disable`)).toBe('postgres://u@db.example:5433/license')
  })

  it.each(['postgres://user:hunter2@:x/', 'postgres://user:hunter2@h/x?options=-d'])('%s is refused without being repeated', (url) => {
    expect(() => parsePostgresAddress(url)).toThrow(/^The database address is not a valid postgres:\/\/ URL\.$/)
  })
})

describe('F90: the settings in options', () => {
  it.each<[string, Record<string, string> | null]>([
    ['', {}], ['  ', {}], ['-c a=b', { a: 'b' }], ['-ca=b', { a: 'b' }], ['--Work-Mem=8MB', { work_mem: '8MB' }], ['-c  a=b   -c c.d=', { 'a': 'b', 'c.d': '' }],
    [String.raw`-c a=x\ y\\z --b=1`, { a: String.raw`x y\z`, b: '1' }], ['-c a=b=c', { a: 'b=c' }],
    ['-d 5', null], ['-c a', null], ['a=b', null], ['-c a=b x', null], ['-c =b', null], ['--a', null],
  ])('%j', (options, settings) => {
    expect(parseOptions(options)).toEqual(settings)
  })

  it('are written so that they are read again', () => {
    const settings = { 'search_path': '"a b", "c\\d"', 'x.y': '', 'z': '-c a=b' }
    expect(parseOptions(toOptions(settings))).toEqual(settings)
  })

  it('a schema has a name that needs no escapes', () => {
    for (const name of ['a', 'A-1', '_x$', 'a'.repeat(63)]) expect(name).toMatch(SCHEMA_NAME)
    for (const name of ['', 'pg_catalog', 'a b', 'a"b', 'a,b', 'é', 'a'.repeat(64)]) expect(name).not.toMatch(SCHEMA_NAME)
  })
})
