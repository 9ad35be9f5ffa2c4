import { performance } from 'node:perf_hooks'
import type { PostgresPool } from 'kysely'
import pg from 'pg'
import { parsePostgresAddress, toOptions, type Settings } from './postgres-address.ts'
import { settingPerTransaction, type SettingsWay } from './postgres-settings.ts'
import { WaitedError } from './storage-cause.ts'
import { isConnectionTrouble, unavailable } from './storage-error.ts'

const INT8 = 20

/**
 * A pool of at most `max` connections to a `postgres:` URL. Every wait in it has an end, and a connection that is lost harms
 * neither the process nor its next user. The settings of the sessions are sent here only if that is the `way`.
 */
export function createPool(url: string, max: number, way: SettingsWay = 'session'): pg.Pool {
  const { connectionString, settings } = parsePostgresAddress(url)
  const pool = new pg.Pool({
    connectionString,
    application_name: 'nocodb-license',
    max,
    connectionTimeoutMillis: 3000,
    idleTimeoutMillis: 30_000,
    ...(way === 'session' ? { options: toOptions(settings) } : {}),
    // For a server that is gone without a word and cannot cancel the statement itself.
    query_timeout: 6000,
    keepAlive: true,
    types: {
      getTypeParser: (type, format) => type === INT8 ? Number : pg.types.getTypeParser(type, format),
    },
  })
  // Without a listener, a connection that breaks would end the process. Its user gets the error from the query.
  pool.on('error', () => {})
  pool.on('connect', client => client.on('error', () => {}))
  return pool
}

/**
 * Wraps the pool for Kysely: all steps of an operation together take at most `patience()` milliseconds, and a connection that
 * has failed is not used again. `settings` are those to be set in every transaction, if that is the way.
 */
export function guardPool(pool: pg.Pool, patience: () => number, settings?: Settings): PostgresPool {
  return {
    options: pool.options,
    end: () => pool.end(),
    async connect() {
      const deadline = performance.now() + patience()
      const connecting = pool.connect()
      try {
        const client = await withDeadline(connecting, deadline, 'a connection')
        return guardClient(settings ? settingPerTransaction(client, settings) : client, deadline)
      } catch (cause) {
        // A connection that arrives after all goes back, for somebody else.
        if (cause instanceof WaitedError) connecting.then(client => client.release(), () => {})
        throw unavailable(cause)
      }
    },
  }
}

function guardClient(client: pg.PoolClient, deadline: number): pg.PoolClient {
  let broken: unknown
  async function query(...statement: unknown[]): Promise<unknown> {
    // A rollback would wait for an answer that can no longer come.
    if (broken) throw broken
    try {
      return await withDeadline(Promise.resolve(Reflect.apply(client.query, client, statement)), deadline, 'an answer')
    } catch (error) {
      if (error instanceof WaitedError || isConnectionTrouble(error)) broken = error
      throw error
    }
  }
  const release = (discard?: boolean) => client.release(discard || broken !== undefined)
  return new Proxy(client, {
    get(target, property) {
      if (property === 'query') return query
      if (property === 'release') return release
      return Reflect.get(target, property, target)
    },
  })
}

/**
 * Rejects at `deadline` (`performance.now()`), unless the answer has arrived unread by then: the process may have been frozen.
 */
async function withDeadline<T>(work: Promise<T>, deadline: number, what: string): Promise<T> {
  const ms = Math.max(0, deadline - performance.now())
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => setImmediate(() => reject(new WaitedError(what, ms, 'unreachable'))), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
