import type { CompiledQuery, DatabaseConnection, Driver, QueryResult, TransactionSettings } from 'kysely'
import type { HealthMonitor, Side } from './storage-health.ts'

/** Two drivers for one database. Without one for reads, reads go through the one for writes. */
export interface Ways {
  reads(): Driver | undefined
  writes: Driver
}

type Observer = Pick<HealthMonitor, 'succeeded' | 'failed'>
const STARTS_WITH_SELECT = /^\s*select\b/i

/**
 * Combines two drivers, so that a read outside a transaction never waits behind writes. Reports the outcome of each operation to
 * `observer`.
 */
export function createSplitDriver(ways: Ways, observer: Observer): Driver {
  return {
    async init(options) {
      await ways.reads()?.init(options)
      await ways.writes.init(options)
    },
    acquireConnection: async () => new SplitConnection(ways, observer),
    async beginTransaction(connection, settings) {
      await split(connection).begin(settings)
    },
    commitTransaction: connection => split(connection).end('commitTransaction'),
    rollbackTransaction: connection => split(connection).end('rollbackTransaction'),
    releaseConnection: connection => split(connection).release(),
    async destroy(options) {
      // Reads first: the last connection to close a SQLite file tidies it up, and must be able to write.
      await ways.reads()?.destroy(options)
      await ways.writes.destroy(options)
    },
  }
}

function split(connection: DatabaseConnection): SplitConnection {
  if (!(connection instanceof SplitConnection)) throw new TypeError('a connection of another driver')
  return connection
}

/** A connection that is acquired only once it is known whether it reads or writes. */
class SplitConnection implements DatabaseConnection {
  readonly #ways: Ways
  readonly #observer: Observer
  #held: { side: Side, driver: Driver, connection: DatabaseConnection } | undefined
  #inTransaction = false

  constructor(ways: Ways, observer: Observer) {
    this.#ways = ways
    this.#observer = observer
  }

  executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const side = !this.#inTransaction && STARTS_WITH_SELECT.test(query.sql) ? 'read' : 'write'
    return this.#observe(side, !this.#inTransaction, async () => (await this.#take(side)).connection.executeQuery<R>(query))
  }

  streamQuery(): never {
    throw new TypeError('streaming is not supported')
  }

  async begin(settings: TransactionSettings): Promise<void> {
    await this.#observe('write', false, async () => {
      const { driver, connection } = await this.#take('write')
      await driver.beginTransaction(connection, settings)
    })
    this.#inTransaction = true
  }

  async end(how: 'commitTransaction' | 'rollbackTransaction'): Promise<void> {
    const { driver, connection } = await this.#take('write')
    await this.#observe('write', how === 'commitTransaction', () => driver[how](connection))
    this.#inTransaction = false
  }

  async release(): Promise<void> {
    const held = this.#held
    this.#held = undefined
    this.#inTransaction = false
    await held?.driver.releaseConnection(held.connection)
  }

  async #take(side: Side) {
    if (this.#held && (this.#held.side === side || this.#held.side === 'write')) return this.#held
    await this.release()
    const driver = (side === 'read' ? this.#ways.reads() : undefined) ?? this.#ways.writes
    this.#held = { side: driver === this.#ways.writes ? 'write' : 'read', driver, connection: await driver.acquireConnection() }
    return this.#held
  }

  async #observe<T>(side: Side, proves: boolean, work: () => Promise<T>): Promise<T> {
    try {
      const result = await work()
      if (proves) this.#observer.succeeded(side)
      return result
    } catch (error) {
      this.#observer.failed(side, error)
      throw error
    }
  }
}
