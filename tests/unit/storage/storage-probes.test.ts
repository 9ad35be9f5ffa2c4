import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FileGoneError } from '../../../server/storage/storage-cause.ts'
import { PATIENCE_MS } from '../../../server/storage/storage-health.ts'
import { busy, full, monitored, probed, timedOut, watched } from './monitored-database.ts'

/* How it is found out whether a database that was lost is back, and that one can be written. */

// The clock of each test moves only when told, for waits and for measured time too.
vi.mock(import('node:timers/promises'), async () => import('../../support/clock-waits.ts').then(({ waitsByClock }) => waitsByClock()))
vi.mock(import('node:perf_hooks'), async original => ({
  ...await original(), performance: Object({ now: () => globalThis.performance.now() }),
}))

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('whether it is back', () => {
  it('is tried every second, by what was lost, until it is', async () => {
    const { health, database } = probed()
    Object.assign(database, { reads: false, writes: false })
    health.failed('read', timedOut())
    await vi.advanceTimersByTimeAsync(999)
    expect(database.asked).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(database.asked).toEqual(['read'])
    database.reads = true
    await vi.advanceTimersByTimeAsync(1_000)
    expect(database.asked).toEqual(['read', 'read', 'write'])
    database.writes = true
    await vi.advanceTimersByTimeAsync(1_000)
    // What has been read again need not be read a third time.
    expect(database.asked).toEqual(['read', 'read', 'write', 'write'])
    expect(health.up).toBe(true)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(database.asked).toHaveLength(4)
  })

  it('is tried by one, however much fails, and anew at the next loss', async () => {
    const { health, database } = probed()
    for (let n = 0; n < 5; n++) health.failed('write', timedOut())
    await vi.advanceTimersByTimeAsync(1_000)
    expect([health.up, database.asked]).toEqual([true, ['write']])
    health.failed('write', timedOut())
    await vi.advanceTimersByTimeAsync(1_000)
    expect([health.up, database.asked]).toEqual([true, ['write', 'write']])
  })

  it('is not tried where somebody\'s write has already shown it', async () => {
    const { health, database } = probed()
    health.failed('write', timedOut())
    await vi.advanceTimersByTimeAsync(500)
    health.succeeded('write')
    await vi.advanceTimersByTimeAsync(10_000)
    expect(database.asked).toEqual([])
  })

  it('is not tried any more after the end', async () => {
    const { health, database } = probed()
    database.writes = false
    health.failed('write', timedOut())
    await vi.advanceTimersByTimeAsync(500)
    health.close()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(database.asked).toEqual([])
  })

  it('is tried with all the time that a database gets which works', async () => {
    const patience: number[] = []
    const { health } = monitored()
    health.watch({ read: async () => { patience.push(health.patience('read')) }, write: async () => { patience.push(health.patience('write')) } })
    health.failed('read', timedOut())
    await vi.advanceTimersByTimeAsync(1_000)
    expect(patience).toEqual([PATIENCE_MS.read, PATIENCE_MS.write])
    expect(health.patience('read')).toBe(250)
  })
})

describe('F62: a disk that was full', () => {
  it('has to prove that there is room each time anew', async () => {
    const { health, database } = probed({ room: true })
    health.failed('write', full())
    await health.requireWritable()
    expect([health.up, database.asked]).toEqual([true, ['room', 'write']])
    database.room = false
    health.failed('write', full())
    // A write so small that it still fits.
    health.succeeded('write')
    expect([health.up, health.cause]).toEqual([false, 'disk_full'])
  })

  it('is not written for a try while there is none', async () => {
    const { health, database } = probed({ room: false })
    health.failed('write', full())
    await vi.advanceTimersByTimeAsync(2_000)
    expect([health.up, database.asked]).toEqual([false, ['room', 'room']])
    database.room = true
    await vi.advanceTimersByTimeAsync(1_000)
    expect([health.up, database.asked]).toEqual([true, ['room', 'room', 'room', 'write']])
  })

  it('is looked at as soon as a write has fitted', async () => {
    const { health, database } = probed({ room: true })
    health.failed('write', full())
    health.succeeded('write')
    await vi.advanceTimersByTimeAsync(0)
    expect([health.up, database.asked]).toEqual([true, ['room', 'write']])
  })

  it('is back by any write where the room cannot be told', () => {
    const { health } = probed()
    health.failed('write', full())
    health.succeeded('write')
    expect(health.up).toBe(true)
  })

  it('is the only trouble after which room is asked for', async () => {
    const { health, database } = probed({ room: false })
    health.failed('write', busy())
    await vi.advanceTimersByTimeAsync(1_000)
    expect([health.up, database.asked]).toEqual([true, ['write']])
  })
})

describe('that it can be written', () => {
  it('is believed for ten seconds after a write', async () => {
    const { health, database } = probed()
    health.succeeded('write')
    await vi.advanceTimersByTimeAsync(9_999)
    await health.requireWritable()
    expect(database.asked).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    await health.requireWritable()
    expect(database.asked).toEqual(['write'])
  })

  it('is not believed longer because somebody has set the clock back', async () => {
    const { health, database } = probed()
    health.succeeded('write')
    await vi.advanceTimersByTimeAsync(10_000)
    vi.setSystemTime(Date.now() - 10_000)
    await health.requireWritable()
    expect(database.asked).toEqual(['write'])
  })

  it('is tried where nothing has been written yet, once for all who ask', async () => {
    const { health, database } = probed()
    await Promise.all([health.requireWritable(), health.requireWritable()])
    expect(database.asked).toEqual(['write'])
  })

  it('is not believed after a failure, however short ago the last write was', async () => {
    const { health, database } = probed()
    health.succeeded('write')
    health.failed('write', timedOut())
    await health.requireWritable()
    expect(database.asked).toEqual(['write'])
  })

  it('is refused with the cause where it cannot', async () => {
    const { health } = watched()
    health.failed('write', full())
    await expect(health.requireWritable()).rejects.toMatchObject({
      code: 'STORAGE_UNAVAILABLE', details: { cause: 'disk_full' }, cause: { errcode: 13 },
    })
  })

  it.each(['locked', 'unreachable'] as const)('is refused within two seconds where nothing answers, as %s', async (waitMeans) => {
    const { health } = watched({ waitMeans, probes: { write: () => new Promise(() => {}) } })
    const refused = expect(health.requireWritable()).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE', details: { cause: waitMeans } })
    await vi.advanceTimersByTimeAsync(2_000)
    await refused
    expect(health.up).toBe(true)
  })

  it('is not believed of a file that has gone', async () => {
    let there = true
    const requireFile = () => { if (!there) throw new FileGoneError('/data/license.db') }
    const { health } = watched({ probes: { requireFile } })
    health.succeeded('write')
    await health.requireWritable()
    expect([health.hasFile(), health.up]).toEqual([true, true])
    there = false
    await expect(health.requireWritable()).rejects.toMatchObject({ details: { cause: 'file_gone' } })
    expect([health.hasFile(), health.up, health.cause]).toEqual([false, false, 'file_gone'])
  })
})
