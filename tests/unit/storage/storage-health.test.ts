import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { unavailable } from '../../../server/storage/storage-error.ts'
import { PATIENCE_MS } from '../../../server/storage/storage-health.ts'
import { busy, full, monitored, noFile, postgres, readOnly, sqlite, timedOut, watched } from './monitored-database.ts'

// The clock of each test moves only when told, for waits and for measured time too.
vi.mock(import('node:timers/promises'), async () => import('../../support/clock-waits.ts').then(({ waitsByClock }) => waitsByClock()))
vi.mock(import('node:perf_hooks'), async original => ({
  ...await original(), performance: Object({ now: () => globalThis.performance.now() }),
}))

const BEGUN = Date.UTC(2026, 0, 1)
beforeEach(() => void vi.useFakeTimers({ now: BEGUN }))
afterEach(() => void vi.useRealTimers())

const LOST = 'the database cannot be used; the license goes on from memory'
const OTHERWISE = 'the database still cannot be used, for another reason'
const BACK = 'the database can be used again'

describe('a database that was lost', () => {
  it('is back once it has been written; that it can be read proves nothing of that', () => {
    const { health, said } = watched()
    health.failed('write', timedOut())
    expect([health.up, health.cause]).toEqual([false, 'unreachable'])
    health.succeeded('read')
    expect(health.up).toBe(false)
    health.succeeded('write')
    expect([health.up, health.cause]).toEqual([true, null])
    expect(said()).toEqual([LOST, BACK])
  })

  it.each([['read', 'write'], ['write', 'read']] as const)('while it was read is back once both have worked, %s before %s', (first, second) => {
    const { health } = watched()
    health.failed('read', timedOut())
    health.succeeded(first)
    expect(health.up).toBe(false)
    health.succeeded(second)
    expect(health.up).toBe(true)
  })

  it('keeps nobody waiting as long as one that works, whichever side was lost', () => {
    const { health } = watched()
    const { read, write } = PATIENCE_MS
    expect([health.patience('read'), health.patience('write')]).toEqual([read, write])
    health.failed('read', timedOut())
    expect([health.patience('read'), health.patience('write')]).toEqual([250, 250])
    health.succeeded('read')
    expect([health.patience('read'), health.patience('write')]).toEqual([read, 250])
    health.succeeded('write')
    expect([health.patience('read'), health.patience('write')]).toEqual([read, write])
  })

  it.each<[string, unknown]>([
    ['a mistake of this program', new TypeError('a defect')], ['a statement that was wrong', sqlite(19)], ['a deadlock', postgres('40P01')],
    ['a transaction to be repeated', postgres('40001')],
  ])('%s is no outage', (_what, error) => {
    const { health, log } = watched()
    health.failed('write', error)
    expect([health.up, log]).toEqual([true, []])
  })

  it.each<[string, unknown]>([
    ['that says so', unavailable(Object.assign(new Error('full'), { errcode: 13 }))], ['as the driver throws it', Object.assign(new Error('full'), { errcode: 13 })],
  ])('is one by an error %s', (_how, error) => {
    const { health } = watched()
    health.failed('write', error)
    expect([health.up, health.cause, health.code]).toEqual([false, 'disk_full', 'SQLITE_13'])
  })
})

describe('why it is down', () => {
  it('is known, with the driver\'s code, until it is back', () => {
    const { health } = watched()
    expect([health.cause, health.code]).toEqual([null, null])
    health.failed('write', full())
    expect([health.cause, health.code]).toEqual(['disk_full', 'SQLITE_13'])
    health.succeeded('write')
    expect([health.cause, health.code]).toEqual([null, null])
  })

  it('follows what the database says, but not a wait that timed out, which says nothing', () => {
    const { health } = watched()
    health.failed('write', readOnly())
    health.failed('write', timedOut())
    expect([health.cause, health.code]).toEqual(['read_only', 'SQLITE_8'])
    health.failed('write', full())
    expect([health.cause, health.code]).toEqual(['disk_full', 'SQLITE_13'])
  })

  it('keeps the first code of a cause that has several', () => {
    const { health } = watched()
    health.failed('write', postgres('28P01'))
    health.failed('write', postgres('28000'))
    expect([health.cause, health.code]).toEqual(['login_refused', '28P01'])
  })

  it.each<[string, () => unknown, boolean | undefined, string]>([
    ['that cannot be opened, and can only be read', noFile, true, 'read_only'], ['that cannot be opened, and can be written', noFile, false, 'unreachable'],
    ['that cannot be opened, where nothing tells', noFile, undefined, 'unreachable'], ['that is full, and can only be read', full, true, 'disk_full'],
  ])('of a file %s', (_what, error, only, cause) => {
    const { health } = watched(only === undefined ? {} : { isReadOnly: () => only })
    health.failed('write', error())
    expect(health.cause).toBe(cause)
  })
})

describe('what is logged', () => {
  it('is the loss, with cause, code, the driver\'s words and what can be done, and the return, with how long it took', async () => {
    const { health, log } = watched({ remedyOf: error => `remedy for ${error instanceof Error ? error.message : 'none'}` })
    health.failed('write', sqlite(13, 'database or disk is full'))
    await vi.advanceTimersByTimeAsync(2_340)
    health.succeeded('write')
    expect(log).toEqual([
      { level: 'error', message: LOST, fields: { cause: 'disk_full', code: 'SQLITE_13', error: 'database or disk is full', remedy: 'remedy for database or disk is full' } },
      { level: 'info', message: BACK, fields: { cause: 'disk_full', seconds: 2.3 } },
    ])
  })

  it('is no remedy where none is known', () => {
    const { health, log } = watched()
    health.failed('write', full())
    expect(log[0]?.fields).toMatchObject({ remedy: undefined })
  })

  it('is each trouble once, however much fails on it', () => {
    const { health, said } = watched()
    for (const side of ['read', 'write', 'read'] as const) health.failed(side, timedOut())
    expect(said()).toEqual([LOST])
  })

  it('is another cause, as a warning', () => {
    const { health, log } = watched()
    health.failed('write', busy())
    health.failed('write', full())
    health.failed('write', full())
    expect(log.map(({ level, message }) => [level, message])).toEqual([['error', LOST], ['warn', OTHERWISE]])
    expect(log[1]?.fields).toMatchObject({ cause: 'disk_full', code: 'SQLITE_13' })
  })

  it('is an error that is none, too', () => {
    const { health, log } = watched()
    health.failed('write', unavailable('gone'))
    expect(log[0]?.fields).toMatchObject({ cause: 'unreachable', code: null, error: 'gone' })
  })

  it('is nothing before the database is watched: whoever opens it is told', () => {
    const { health, log } = monitored()
    health.failed('write', full())
    expect([health.up, log]).toEqual([true, []])
  })

  it('is nothing after the end', () => {
    const { health, log } = watched()
    health.close()
    health.failed('write', full())
    expect([health.up, log]).toEqual([true, []])
  })

  it('may be nothing at all', () => {
    const { health } = watched({ log: undefined })
    health.failed('write', busy())
    health.failed('write', full())
    health.succeeded('write')
    expect(health.up).toBe(true)
  })
})

describe('since when', () => {
  it('is the first success, the loss, the return; not what is more of the same', async () => {
    const { health } = watched()
    expect(health.since).toBeNull()
    health.succeeded('read')
    expect(health.since).toBe(BEGUN)
    await vi.advanceTimersByTimeAsync(100)
    health.succeeded('write')
    expect(health.since).toBe(BEGUN)
    health.failed('write', full())
    expect(health.since).toBe(BEGUN + 100)
    await vi.advanceTimersByTimeAsync(100)
    health.failed('write', busy())
    expect(health.since).toBe(BEGUN + 100)
    await vi.advanceTimersByTimeAsync(100)
    health.succeeded('write')
    expect(health.since).toBe(BEGUN + 300)
  })

  it('the last write is a write, neither a read nor a failure', async () => {
    const { health } = watched()
    health.succeeded('read')
    expect(health.lastWriteAt).toBeNull()
    health.succeeded('write')
    await vi.advanceTimersByTimeAsync(100)
    health.succeeded('read')
    health.failed('write', full())
    expect(health.lastWriteAt).toBe(BEGUN)
    health.succeeded('write')
    expect(health.lastWriteAt).toBe(BEGUN + 100)
  })
})

it('an operation may take longer while the database is being opened than it may afterwards', () => {
  const { health } = monitored()
  expect([health.patience('read'), health.patience('write')]).toEqual([5_000, 5_000])
  health.watch({ read: async () => undefined, write: async () => undefined })
  expect([health.patience('read'), health.patience('write')]).toEqual([1_500, 4_000])
})

it('a database without a file of its own always has it', () => {
  expect([monitored().health.hasFile(), watched().health.hasFile()]).toEqual([true, true])
})
