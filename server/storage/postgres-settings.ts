import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { toOptions, type PostgresAddress, type Settings } from './postgres-address.ts'
import { getSqlState } from './storage-cause.ts'
import { unavailable } from './storage-error.ts'

/* How the settings of our sessions reach PostgreSQL: its time limits, and the schema. */

/**
 * `session`: sent once, as a connection begins. `transaction`: set in every transaction, for poolers such as pgbouncer, whose
 * connections to PostgreSQL have another user in each, and which refuse or forget what is sent at the beginning.
 */
export type SettingsWay = 'session' | 'transaction'

const PATIENCE_MS = 3000
const PROTOCOL_VIOLATION = '08P01'
/** Those whose loss would harm: what waits for a lock for ever, and what reads another installation's tables. */
const PROBED = ['lock_timeout', 'search_path']

/** Finds out, with a connection of its own, which way works. Rejects with `STORAGE_UNAVAILABLE` while PostgreSQL cannot be used. */
export async function findSettingsWay({ connectionString, settings }: PostgresAddress): Promise<SettingsWay> {
  const client = new pg.Client({
    connectionString, options: toOptions(settings), connectionTimeoutMillis: PATIENCE_MS, query_timeout: PATIENCE_MS,
  })
  client.on('error', () => undefined)
  try {
    await client.connect()
    // PostgreSQL shows a limit in milliseconds, however it was given.
    const names = PROBED.filter(name => name === 'search_path' ? Object.hasOwn(settings, name) : /^\d+$/.test(settings[name] ?? ''))
    const { rows } = await client.query<{ name: string, setting: string }>(
      'select name, setting from pg_settings where name = any($1)', [names],
    )
    return rows.length === names.length && rows.every(({ name, setting }) => setting === settings[name]) ? 'session' : 'transaction'
  } catch (error) {
    if (isSettingRefused(error)) return 'transaction'
    throw unavailable(error)
  } finally {
    // A server that has fallen silent does not say goodbye.
    await Promise.race([client.end().catch(() => undefined), sleep(PATIENCE_MS / 10, undefined, { ref: false })])
  }
}

/** Whether a pooler refused the settings that a connection began with. */
export function isSettingRefused(error: unknown): boolean {
  return getSqlState(error) === PROTOCOL_VIOLATION && error instanceof Error && /startup parameter/i.test(error.message)
}

const BEGINS = /^(?:begin|start transaction)\b/i
const ENDS = /^(?:commit|rollback)(?! to)\b/i

/**
 * Makes the settings hold in every transaction of a connection, and for a statement outside of one makes a transaction. They end
 * with it, so that nobody else whom a pooler gives the connection to inherits them.
 */
export function settingPerTransaction<C extends pg.ClientBase>(client: C, settings: Settings): C {
  const set = `select ${Object.entries(settings).map(([name, value]) => `set_config(${literal(name)}, ${literal(value)}, true)`).join(', ')}`
  let open = false
  const send = (...statement: unknown[]): Promise<unknown> => Promise.resolve(Reflect.apply(client.query, client, statement))

  async function undo(error: unknown): Promise<never> {
    open = false
    await send('rollback').catch(() => undefined)
    throw error
  }
  async function query(...statement: unknown[]): Promise<unknown> {
    const text = String(statement[0])
    if (ENDS.test(text)) open = false
    if (BEGINS.test(text)) {
      open = true
      // In one message, so that it takes no longer.
      return send(`${text}; ${set}`).catch(undo)
    }
    if (open || ENDS.test(text)) return send(...statement)
    try {
      await send(`begin; ${set}`)
      const result = await send(...statement)
      await send('commit')
      return result
    } catch (error) {
      return undo(error)
    }
  }
  return new Proxy(client, { get: (target, property) => property === 'query' ? query : Reflect.get(target, property, target) })
}

const literal = (text: string) => pg.escapeLiteral(text)
