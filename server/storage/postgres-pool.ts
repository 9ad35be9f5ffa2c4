import type { PostgresPool } from 'kysely'
import pg from 'pg'
import { isConnectionTrouble, unavailable } from './storage-error.ts'

const INT8 = 20

/**
 * Takes a `postgres:` URL; returns a pool whose every wait has an end and whose lost connections harm nobody: not the
 * process, not the next one to use them.
 */
export function createPool(url: string): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: 'nocodb-license',
    max: 10,
    connectionTimeoutMillis: 3000,
    statement_timeout: 5000,
    lock_timeout: 4000,
    // A replica that is frozen while it holds the lock must not stop the others.
    idle_in_transaction_session_timeout: 10_000,
    // For a server that is gone without a word and cannot end the statement itself.
    query_timeout: 6000,
    keepAlive: true,
    types: {
      getTypeParser: (type, format) => type === INT8 ? Number : pg.types.getTypeParser(type, format),
    },
  })
  // Without a listener a connection that breaks would end the process. Whoever uses it gets the error from their query.
  pool.on('error', () => {})
  pool.on('connect', client => client.on('error', () => {}))
  return pool
}

/** Takes the pool; returns it as Kysely uses it, with connections that are not used again once they have failed. */
export function guardPool(pool: pg.Pool): PostgresPool {
  return {
    options: pool.options,
    end: () => pool.end(),
    async connect() {
      try {
        return guardClient(await pool.connect())
      } catch (cause) {
        throw unavailable(cause)
      }
    },
  }
}

function guardClient(client: pg.PoolClient): pg.PoolClient {
  let broken: unknown
  async function query(...statement: unknown[]): Promise<unknown> {
    // What follows (the rollback) would wait for an answer that cannot come any more.
    if (broken) throw broken
    try {
      return await Reflect.apply(client.query, client, statement)
    } catch (error) {
      if (isConnectionTrouble(error)) broken = error
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
