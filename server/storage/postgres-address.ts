import { StorageOpenError } from './storage-error.ts'

/* What a postgres: address says about the schema and the settings of its sessions, apart from where the server is. */

/** Settings of PostgreSQL sessions, by name (postgresql.org/docs/current/runtime-config-client.html). */
export type Settings = Readonly<Record<string, string>>

export interface PostgresAddress {
  /** The address for the driver, without what `schema` and `settings` say. */
  connectionString: string
  /** The schema that it names with `?schema=`; null leaves the choice to the role's and the database's `search_path`. */
  schema: string | null
  settings: Settings
}

/** Time limits in milliseconds, unless the address sets others. */
const LIMITS = {
  statement_timeout: '5000',
  // Shorter than an operation's own patience, so that PostgreSQL can say what was waited for.
  lock_timeout: '3500',
  // A replica that is frozen while it holds the lock must not stop the others.
  idle_in_transaction_session_timeout: '10000',
}

/** What a schema may be called in an address: PostgreSQL keeps `pg_` for itself and cuts off after 63 bytes. */
export const SCHEMA_NAME = /^(?!pg_)[\w$-]{1,63}$/
/** One setting in libpq's `options`: `-c name=value`, `-cname=value` or `--name=value`. */
const OPTION = /^(?:-c\s*|--)([A-Za-z_][\w.-]*)=((?:\\[^]|[^\s\\])*)(?:\s+|$)/

/** Takes a `postgres:` URL apart. Throws `StorageOpenError`, which repeats nothing of it, if it is not one. */
export function parsePostgresAddress(text: string): PostgresAddress {
  const url = URL.canParse(text) ? new URL(text) : null
  const options = parseOptions(url?.searchParams.get('options') ?? '')
  // Not quoted: the address may contain a password.
  if (!url || !options) throw new StorageOpenError('The database address is not a valid postgres:// URL.')
  const schema = url.searchParams.get('schema')
  const given = Object.keys(LIMITS).flatMap((name) => {
    const value = url.searchParams.get(name)
    return value === null ? [] : [[name, String(Number(value))]]
  })
  for (const name of ['schema', 'options', ...Object.keys(LIMITS)]) url.searchParams.delete(name)
  return {
    connectionString: withPlainSslMode(url.href),
    schema,
    settings: { ...LIMITS, ...options, ...Object.fromEntries(given), ...(schema === null ? {} : { search_path: quoteName(schema) }) },
  }
}

/** The settings in a value of `options`; null if there is anything else in it. */
export function parseOptions(options: string): Settings | null {
  const settings: Record<string, string> = {}
  let rest = options.trim()
  while (rest !== '') {
    const [whole, name, value] = OPTION.exec(rest) ?? []
    if (whole === undefined || name === undefined || value === undefined) return null
    settings[name.toLowerCase().replaceAll('-', '_')] = value.replaceAll(/\\([^])/g, '$1')
    rest = rest.slice(whole.length)
  }
  return settings
}

/** The settings as a value of `options`. */
export function toOptions(settings: Settings): string {
  return Object.entries(settings).map(([name, value]) => `-c ${name}=${value.replaceAll(/[\s\\]/g, '\\$&')}`).join(' ')
}

/** A name as SQL and `search_path` take it literally. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** A `postgres:` URL as it may be logged: without password and parameters, but for the schema. Throws `StorageOpenError`. */
export function toLocation(text: string): string {
  const { schema } = parsePostgresAddress(text)
  const location = new URL(text)
  location.password = ''
  location.search = schema === null ? '' : `?schema=${schema}`
  location.hash = ''
  return location.href
}

/**
 * Replaces the modes that pg treats as verify-full with that name, because pg prints several lines of warning for each.
 * server/runtime/database-url.ts warns in our own words instead.
 */
export function withPlainSslMode(url: string): string {
  return /[?&]uselibpqcompat=true(?:&|$)/.test(url) ? url : url.replace(/([?&]sslmode=)(?:prefer|require|verify-ca)(?=&|$)/, '$1verify-full')
}
