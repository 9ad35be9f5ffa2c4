import { onTestFinished } from 'vitest'
import type { Log } from '../../../server/license/ports.ts'
import { WaitedError } from '../../../server/storage/storage-cause.ts'
import { toStorageError, unavailable } from '../../../server/storage/storage-error.ts'
import { createHealthMonitor, type HealthOptions, type Probes } from '../../../server/storage/storage-health.ts'

/* Databases for the tests of their health: errors as drivers report them, and monitors that end with the test. */

export const timedOut = () => unavailable(new WaitedError('an answer', 4000, 'unreachable'))
export const sqlite = (errcode: number, message = 'a driver\'s words') => toStorageError(Object.assign(new Error(message), { errcode }))
export const [full, readOnly, busy, noFile] = [() => sqlite(13), () => sqlite(8), () => sqlite(5), () => sqlite(14)]
export const postgres = (code: string) => toStorageError(Object.assign(new Error('PostgreSQL\'s words'), { code, severity: 'FATAL' }))

interface Line { level: keyof Log, message: string, fields: object | undefined }

/** A monitor with its log; `probes` that reject by default, as those of a database that stays away do. */
export function monitored(options: Partial<HealthOptions> = {}) {
  const log: Line[] = []
  const write = (level: keyof Log) => (message: string, fields?: object) => void log.push({ level, message, fields })
  const health = createHealthMonitor({
    log: { info: write('info'), warn: write('warn'), error: write('error') }, waitMeans: 'unreachable', quickMs: 250, ...options,
  })
  onTestFinished(() => health.close())
  return { health, log, said: () => log.map(({ message }) => message) }
}

export function watched({ probes = {}, ...options }: Partial<HealthOptions> & { probes?: Partial<Probes> } = {}) {
  const monitor = monitored(options)
  monitor.health.watch({ read: () => Promise.reject(timedOut()), write: () => Promise.reject(timedOut()), ...probes })
  return monitor
}

/** A database whose probes do what they are told, and report it as a driver does. */
export function probed({ room, ...options }: Partial<HealthOptions> & { room?: boolean } = {}) {
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
