import { describe, expect, it, onTestFinished } from 'vitest'
import { unavailable } from '../../../server/storage/storage-error.ts'
import { createHealthMonitor } from '../../../server/storage/storage-health.ts'
import { WaitedError } from '../../../server/storage/storage-cause.ts'

const lost = () => unavailable(new WaitedError('an answer', 4000, 'unreachable'))

/** A database that is watched, and that no probe brings back. */
function watched() {
  const log: string[] = []
  const line = (message: string) => void log.push(message)
  const health = createHealthMonitor({ log: { info: line, warn: line, error: line }, waitMeans: 'unreachable', quickMs: 250 })
  health.watch({ read: () => Promise.reject(lost()), write: () => Promise.reject(lost()) })
  onTestFinished(() => health.close())
  return { health, log }
}

describe('a database that was lost', () => {
  it('is back once it has been written; that it can be read proves nothing of that', () => {
    const { health, log } = watched()
    health.failed('write', lost())
    expect([health.up, health.cause]).toEqual([false, 'unreachable'])
    health.succeeded('read')
    expect(health.up).toBe(false)
    health.succeeded('write')
    expect([health.up, health.cause]).toEqual([true, null])
    expect(log).toEqual(['the database cannot be used; the license goes on from memory', 'the database can be used again'])
  })

  it.each([['read', 'write'], ['write', 'read']] as const)('while it was read is back once both have worked, %s before %s', (first, second) => {
    const { health } = watched()
    health.failed('read', lost())
    health.succeeded(first)
    expect(health.up).toBe(false)
    health.succeeded(second)
    expect(health.up).toBe(true)
  })

  it('keeps nobody waiting as long as one that works, whichever side was lost', () => {
    const { health } = watched()
    const [read, write] = [health.patience('read'), health.patience('write')]
    health.failed('read', lost())
    expect([health.patience('read'), health.patience('write')]).toEqual([250, 250])
    health.succeeded('read')
    expect([health.patience('read'), health.patience('write')]).toEqual([read, 250])
    health.succeeded('write')
    expect([health.patience('read'), health.patience('write')]).toEqual([read, write])
  })

  it('is told of once, however much fails on it', () => {
    const { health, log } = watched()
    for (const side of ['read', 'write', 'read'] as const) health.failed(side, lost())
    expect(log).toHaveLength(1)
  })

  it('F62: because its disk was full has to prove that there is room each time anew', async () => {
    const full = () => unavailable(Object.assign(new Error('database or disk is full'), { errcode: 13 }))
    const health = createHealthMonitor({ log: undefined, waitMeans: 'locked', quickMs: 250 })
    onTestFinished(() => health.close())
    let room = true
    health.watch({ read: async () => undefined, write: async () => health.succeeded('write'), hasRoom: async () => room })
    health.failed('write', full())
    await health.requireWritable()
    expect(health.up).toBe(true)
    room = false
    health.failed('write', full())
    // A write so small that it still fits.
    health.succeeded('write')
    expect([health.up, health.cause]).toEqual([false, 'disk_full'])
  })

  it('a mistake of this program is no outage', () => {
    const { health, log } = watched()
    health.failed('write', new TypeError('a defect'))
    expect([health.up, log]).toEqual([true, []])
  })
})
