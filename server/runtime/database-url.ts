import { accessSync, constants, statSync } from 'node:fs'
import { networkFileSystemOf } from '../storage/network-file-system.ts'
import { parseOptions, SCHEMA_NAME } from '../storage/postgres-address.ts'
import { toDatabasePath } from '../storage/sqlite-file.ts'
import { decodes } from './addresses.ts'

const FORMS = 'expected file:<path> for SQLite or postgres://user:password@host:port/database'
const NUMBER = /^\d{1,9}$/
const ANY = /^/
const FILE = 'file'

/** The parameters a URL may have, and their values: everything that the driver would act on. */
const PARAMETERS: Readonly<Record<string, RegExp | typeof FILE>> = {
  sslmode: /^(?:disable|prefer|require|verify-ca|verify-full|no-verify)$/, ssl: /^(?:true|1|0)$/,
  sslnegotiation: /^(?:postgres|direct)$/, uselibpqcompat: /^true$/,
  sslrootcert: FILE, sslcert: FILE, sslkey: FILE,
  schema: SCHEMA_NAME, host: /^[^,]+$/, port: NUMBER, user: ANY, password: ANY, options: ANY, client_encoding: /^utf-?8$/i,
  application_name: ANY, fallback_application_name: ANY,
  statement_timeout: NUMBER, lock_timeout: NUMBER, idle_in_transaction_session_timeout: NUMBER, query_timeout: NUMBER,
}

/** Why a DATABASE_URL cannot be used, without quoting any of it; null if it can. */
export function databaseUrlProblem(url: string, projectDir: string): string | null {
  if (url.startsWith('file:')) return sqliteProblem(url, projectDir)
  if (/^postgres(?:ql)?:\/\//.test(url)) return postgresProblem(url)
  return FORMS
}

/** One sentence for each thing about a usable URL that does not hold what people expect of it. */
export function databaseUrlWarnings(url: string, projectDir: string): string[] {
  return url.startsWith('file:') ? sqliteWarnings(url, projectDir) : postgresWarnings(url)
}

function sqliteWarnings(url: string, projectDir: string): string[] {
  if (sqliteProblem(url, projectDir) !== null) return []
  const path = toDatabasePath(url, projectDir)
  const kind = networkFileSystemOf(path)
  return kind === null ? [] : [`DATABASE_URL: ${path} is on a file system that other machines can share (${kind}), where SQLite may lose or damage data: put the file on a local disk, or use PostgreSQL`]
}

/** What means something else here than it does in psql. */
function postgresWarnings(url: string): string[] {
  if (!/^postgres(?:ql)?:\/\//.test(url) || !URL.canParse(url)) return []
  const { searchParams } = new URL(url)
  const mode = searchParams.get('sslmode') ?? ''
  if (!['prefer', 'require', 'verify-ca'].includes(mode) || searchParams.has('uselibpqcompat')) return []
  return [`DATABASE_URL: sslmode=${mode} is read as verify-full: the database's certificate and host name are verified, and there is no connection without TLS; write sslmode=verify-full, or add uselibpqcompat=true for what psql does`]
}

function sqliteProblem(url: string, projectDir: string): string | null {
  if (/[?#]/.test(url)) return 'expected only a path after file:, without ? or #'
  try {
    const path = toDatabasePath(url, projectDir)
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() ? 'expected the path of a file; this is a folder' : null
  }
  catch {
    return FORMS
  }
}

const SEVERAL_HOSTS = 'several hosts are not supported; name one that always leads to the primary, such as the provider\'s writer endpoint, or HAProxy or a virtual address in front of them'

function postgresProblem(text: string): string | null {
  const [authority = ''] = text.replace(/^postgres(?:ql)?:\/\//, '').split(/[/?#]/)
  const address = authority.slice(authority.lastIndexOf('@') + 1)
  if (address.includes(',')) return SEVERAL_HOSTS
  const url = URL.canParse(text) ? new URL(text) : null
  if (!url) return `${FORMS}; percent-encode / ? # @ : in the user name and password`
  if (text.includes('#')) return 'an address has no #; if it belongs to the user name or password, percent-encode it (%23)'
  if (![url.username, url.password, url.pathname].every(decodes)) return 'percent-encode % (%25) in the user name, password and database'
  if (url.port === '0') return 'expected a port from 1 to 65535'
  const parameters = parameterProblem(url.searchParams)
  if (parameters) return parameters
  if (url.hostname === '' && !url.searchParams.has('host')) return `${FORMS}; the host is missing`
  if (url.hostname !== '' && url.searchParams.has('host')) return 'names a host twice, once as a parameter; name it once'
  return null
}

function parameterProblem(given: URLSearchParams): string | null {
  const names = [...given.keys()]
  if (given.get('host')?.includes(',') || given.get('port')?.includes(',')) return SEVERAL_HOSTS
  if (given.has('target_session_attrs')) return 'target_session_attrs is not supported; name a host that always leads to the primary, such as the provider\'s writer endpoint'
  if (names.some(name => !Object.hasOwn(PARAMETERS, name))) {
    // Not quoted: after a ? that was not percent-encoded, it may be part of the password.
    return `has a parameter that is not supported; supported are ${Object.keys(PARAMETERS).join(', ')}`
  }
  const repeated = names.find((name, index) => names.indexOf(name) !== index)
  if (repeated) return `has the parameter ${repeated} twice`
  for (const [name, value] of given) {
    const rule = PARAMETERS[name]
    if (rule === FILE && !isReadable(value)) return `${name} must be the path of a file that can be read`
    if (rule instanceof RegExp && !rule.test(value)) return `${name} ${VALUES[name] ?? 'has a value that is not supported'}`
  }
  const options = parseOptions(given.get('options') ?? '')
  if (!options) return 'options can only be settings, as in -c name=value'
  if (given.has('schema') && options.search_path !== undefined) return 'names a schema twice, by schema and by search_path; name it once'
  if (given.has('sslcert') !== given.has('sslkey')) return 'sslcert and sslkey are needed together'
  if (given.get('sslmode') === 'verify-ca' && given.has('uselibpqcompat') && !given.has('sslrootcert')) return 'sslmode=verify-ca needs sslrootcert'
  return null
}

const VALUES: Readonly<Record<string, string>> = {
  sslmode: 'must be disable, prefer, require, verify-ca, verify-full or no-verify',
  ssl: 'must be true, 1 or 0', uselibpqcompat: 'can only be true', client_encoding: 'can only be utf8',
  schema: 'must be one name of up to 63 letters a to z, digits, _, $ and -, which does not begin with pg_',
  sslnegotiation: 'must be postgres or direct', host: 'must be one host',
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK)
    return statSync(path).isFile()
  }
  catch {
    return false
  }
}
