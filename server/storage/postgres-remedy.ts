import { parsePostgresAddress, quoteName } from './postgres-address.ts'
import { isSettingRefused } from './postgres-settings.ts'
import { codeOf, getSqlState, POOLER_IS_FULL } from './storage-cause.ts'

/* What an operator can do about a PostgreSQL that cannot be used: one sentence for each error that is met in practice. */

/** What the sentences name. */
interface Place { server: string, host: string, user: string, hasPassword: boolean, database: string, schema: string }
type Remedy = (place: Place, error: Error) => string

const READ_ONLY: Remedy = ({ server }) =>
  `PostgreSQL at ${server} takes no writes, as a standby or by its default_transaction_read_only: name the primary in DATABASE_URL (the provider's writer endpoint), or promote this one; this server then goes on by itself`
const WAIT: Remedy = ({ server }) => `PostgreSQL at ${server} is starting or stopping: nothing is to be done here, this server goes on by itself`
const UNKNOWN_ISSUER: Remedy = ({ host }) =>
  `the certificate of ${host} is signed by an authority that this server does not know: name the authority's PEM file with sslrootcert= in DATABASE_URL, or in NODE_EXTRA_CA_CERTS`
const SILENT: Remedy = ({ server }) => `nothing answers at ${server}: open the way there in firewalls and networks, or correct DATABASE_URL`
const NOT_RESOLVED: Remedy = ({ host }) => `the name ${host} cannot be resolved: correct the host in DATABASE_URL, or this machine's name server`
const FULL: Remedy = ({ server, user }) =>
  `PostgreSQL at ${server} has no connection left for role ${quoteName(user)}, and each replica opens up to 11: raise max_connections (or the limit of the role, the database or the pooler), or put pgbouncer between`
const NO_PASSWORD: Remedy = ({ user }) =>
  `PostgreSQL asks role ${quoteName(user)} for a password: add it to DATABASE_URL, as in postgres://user:password@host/database`
const BAD_LOGIN: Remedy = (place, error) => place.hasPassword ? unknownLogin(place) : NO_PASSWORD(place, error)
const unknownLogin = ({ user }: Place) =>
  `PostgreSQL knows no role ${quoteName(user)} with this password: correct user and password in DATABASE_URL, or set them there (CREATE ROLE or ALTER ROLE ${quoteName(user)} LOGIN PASSWORD …)`
const NO_DATABASE: Remedy = ({ server, user, database }) =>
  `PostgreSQL at ${server} has no database ${quoteName(database)}: create it (CREATE DATABASE ${quoteName(database)} OWNER ${quoteName(user)}), or correct DATABASE_URL`

/** By SQLSTATE (PostgreSQL appendix A), by errno, and by the code of Node's TLS (nodejs.org/api/tls.html). */
const REMEDIES: Readonly<Record<string, Remedy>> = {
  '25006': READ_ONLY, '28000': notAdmitted, '28P01': BAD_LOGIN, '3D000': NO_DATABASE, '42501': missingRight, '53300': FULL, '57P03': WAIT, '57P01': WAIT,
  '3F000': ({ user, schema }) => `role ${quoteName(user)} may use no schema of its search_path: GRANT USAGE, CREATE ON SCHEMA ${quoteName(schema)} TO ${quoteName(user)}, or name another with ?schema= in DATABASE_URL`,
  'ECONNREFUSED': ({ server }) => `nothing listens at ${server}: start PostgreSQL there, let it listen on that address (listen_addresses), or correct DATABASE_URL`,
  'ENOENT': ({ server }) => `there is no socket of PostgreSQL at ${server}: start PostgreSQL there, or correct host and port in DATABASE_URL`,
  'ENOTFOUND': NOT_RESOLVED, 'EAI_AGAIN': NOT_RESOLVED,
  'ETIMEDOUT': SILENT, 'EHOSTUNREACH': SILENT, 'ENETUNREACH': SILENT,
  'SELF_SIGNED_CERT_IN_CHAIN': UNKNOWN_ISSUER, 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY': UNKNOWN_ISSUER, 'UNABLE_TO_GET_ISSUER_CERT': UNKNOWN_ISSUER,
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE': UNKNOWN_ISSUER,
  'DEPTH_ZERO_SELF_SIGNED_CERT': ({ host }) => `the certificate of ${host} is signed by itself: name that certificate's PEM file with sslrootcert= in DATABASE_URL, or encrypt without knowing whom you talk to (sslmode=no-verify)`,
  'ERR_TLS_CERT_ALTNAME_INVALID': ({ host }) => `the certificate is not for ${host}: write a name that it is for as the host in DATABASE_URL, have one made for ${host}, or compare no names (uselibpqcompat=true&sslmode=verify-ca&sslrootcert=…)`,
  'CERT_HAS_EXPIRED': ({ host }) => `the certificate of ${host} has expired: renew it there, or correct this machine's clock`,
  'CERT_NOT_YET_VALID': ({ host }) => `the certificate of ${host} is not valid yet: correct this machine's clock`,
}

/** What drivers and poolers say without a code that tells it. */
const BY_MESSAGE: readonly (readonly [RegExp, Remedy])[] = [
  [POOLER_IS_FULL, FULL],
  [/^SASL: .*password must be/, NO_PASSWORD],
  [/does not support SSL|SSL required but not supported/i, ({ server }) => `PostgreSQL at ${server} offers no TLS: switch it on there (ssl = on), or write sslmode=disable in DATABASE_URL if the way there is safe`],
  [/establishing an SSL connection|wrong version number/, ({ server }) => `what answers at ${server} is no PostgreSQL with TLS: correct host and port in DATABASE_URL`],
  [/timeout|^waited /i, SILENT],
  [/password authentication failed|SASL authentication failed|no such user|auth failed/i, BAD_LOGIN],
  [/^no such database|database "[^"]*" does not exist/i, NO_DATABASE],
]

/** What to do about a driver's error at that `postgres:` URL, in one sentence without password; undefined if there is nothing to say. */
export function postgresRemedy(error: unknown, url: string): string | undefined {
  if (!(error instanceof Error) || !/^postgres(?:ql)?:\/\//.test(url) || !URL.canParse(url)) return undefined
  if (isSettingRefused(error)) return 'A connection pooler has been put in front of PostgreSQL: restart this server, which then does without the settings that it refuses.'
  const remedy = REMEDIES[getSqlState(error) ?? codeOf(error) ?? ''] ?? BY_MESSAGE.find(([pattern]) => pattern.test(error.message))?.[1]
  const text = remedy?.(placeOf(url), error)
  return text && `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}

function placeOf(text: string): Place {
  const url = new URL(text)
  const host = decodeURIComponent(url.hostname) || url.searchParams.get('host') || ''
  const user = url.searchParams.get('user') ?? decodeURIComponent(url.username)
  return {
    host, user, hasPassword: (url.searchParams.get('password') ?? url.password) !== '', server: host.startsWith('/') ? host : `${host}:${url.searchParams.get('port') ?? (url.port || '5432')}`,
    database: decodeURIComponent(url.pathname.slice(1)) || user,
    schema: parsePostgresAddress(text).schema ?? 'public',
  }
}

/** SQLSTATE 28000: the server's pg_hba.conf, or a role that may not log in. */
function notAdmitted(place: Place, error: Error): string {
  const { user, database } = place
  const { message } = error
  if (/client certificate/.test(message)) return 'PostgreSQL asks for a client certificate: name it with sslcert= and sslkey= in DATABASE_URL'
  if (/not permitted to log in/.test(message)) return `role ${quoteName(user)} may not log in: ALTER ROLE ${quoteName(user)} LOGIN`
  if (/does not exist/.test(message)) return BAD_LOGIN(place, error)
  if (/no encryption|SSL off/.test(message)) {
    return `PostgreSQL lets role ${quoteName(user)} into database ${quoteName(database)} with TLS only, or not from here at all: write sslmode=verify-full in DATABASE_URL, or add a line for it to pg_hba.conf`
  }
  return `PostgreSQL does not let role ${quoteName(user)} into database ${quoteName(database)} from here: add a line for it to pg_hba.conf`
}

/** SQLSTATE 42501. */
function missingRight({ user, database, schema }: Place, error: Error): string {
  const [role, within] = [quoteName(user), quoteName(schema)]
  if (/permission denied for database/.test(error.message)) {
    return 'detail' in error && /CONNECT/.test(String(error.detail))
      ? `role ${role} may not connect to the database: GRANT CONNECT ON DATABASE ${quoteName(database)} TO ${role}`
      : `the schema ${within} does not exist, and role ${role} may not create it: have the database's owner CREATE SCHEMA ${within} AUTHORIZATION ${role}`
  }
  if (/permission denied for schema|must be owner of/.test(error.message)) {
    return `the tables have to be created or updated, which role ${role} may not do: run "node .output/server/index.mjs migrate" once with the DATABASE_URL of the role that owns them, or GRANT USAGE, CREATE ON SCHEMA ${within} TO ${role} for new ones`
  }
  return `role ${role} may not use the tables: have their owner GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${within} TO ${role}`
}
