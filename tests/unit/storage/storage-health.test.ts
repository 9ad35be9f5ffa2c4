import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Log } from '../../../server/license/ports.ts'
import { FileGoneError, WaitedError } from '../../../server/storage/storage-cause.ts'
import { toStorageError, unavailable } from '../../../server/storage/storage-error.ts'
import { createHealthMonitor, PATIENCE_MS, type HealthOptions, type Probes } from '../../../server/storage/storage-health.ts'

// The clock of each test moves only when told, for waits and for measured time too.
vi.mock(import('node:timers/promises'), async () => import('../../support/clock-waits.ts').then(({ waitsByClock }) => waitsByClock()))
vi.mock(import('node:perf_hooks'), async original => ({
  ...await original(), performance: Object({ now: () => globalThis.performance.now() }),
}))

const BEGUN = Date.UTC(2026, 0, 1)
beforeEach(() => void vi.useFakeTimers({ now: BEGUN }))
afterEach(() => void vi.useRealTimers())

const timedOut = () => unavailable(new WaitedError('an answer', 4000, 'unreachable'))
const sqlite = (errcode: number, message = 'a driver\'s words') => toStorageError(Object.assign(new Error(message), { errcode }))
const [full, readOnly, busy, noFile] = [() => sqlite(13), () => sqlite(8), () => sqlite(5), () => sqlite(14)]
const postgres = (code: string) => toStorageError(Object.assign(new Error('PostgreSQL\'s words'), { code, severity: 'FATAL' }))

const LOST = 'the database cannot be used; the license goes on from memory'
const OTHERWISE = 'the database still cannot be used, for another reason'
const BACK = 'the database can be used again'

interface Line { level: keyof Log, message: string, fields: object | undefined }

/** A monitor with its log; `probes` that reject by default, as those of a database that stays away do. */
function monitored(options: Partial<HealthOptions> = {}) {
  const log: Line[] = []
  const write = (level: keyof Log) => (message: string, fields?: object) => void log.push({ level, message, fields })
  const health = createHealthMonitor({
    log: { info: write('info'), warn: write('warn'), error: write('error') }, waitMeans: 'unreachable', quickMs: 250, ...options,
  })
  onTestFinished(() => health.close())
  return { health, log, said: () => log.map(({ message }) => message) }
}

function watched({ probes = {}, ...options }: Partial<HealthOptions> & { probes?: Partial<Probes> } = {}) {
  const monitor = monitored(options)
  monitor.health.watch({ read: () => Promise.reject(timedOut()), write: () => Promise.reject(timedOut()), ...probes })
  return monitor
}

/** A database whose probes do what they are told, and report it as a driver does. */
function probed({ room, ...options }: Partial<HealthOptions> & { room?: boolean } = {}) {
  const monitor = monitored(options)
  const { health } = monitor
  const database = { reads: true, writes: true, room, asked: [] as string[] }
  const probe = (side: 'read' | 'write', error: () => unknown) => async () => {
    database.asked.push(side)
    if (side === 'read' ? database.reads : database.writes) return health.succeeded(side)
    const failure = error()
    health.failed(side, failure)
    throw failure
  }
  health.watch({
    read: probe('read', timedOut), write: probe('write', timedOut),
    ...(room === undefined ? {} : { hasRoom: async () => {
      database.asked.push('room')
      return database.room !== false
    } }),
  })
  return { ...monitor, database }
}

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

it('nobody waits for a database that is being opened as long as no longer for one that is open', () => {
  const { health } = monitored()
  expect([health.patience('read'), health.patience('write')]).toEqual([5_000, 5_000])
  health.watch({ read: async () => undefined, write: async () => undefined })
  expect([health.patience('read'), health.patience('write')]).toEqual([1_500, 4_000])
})

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

  it('is all that is asked for room', async () => {
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
    vi.setSystemTime(BEGUN)
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

it('a database without a file of its own always has it', () => {
  expect([monitored().health.hasFile(), watched().health.hasFile()]).toEqual([true, true])
})
