import { createHash, randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { z } from 'zod'
import { isUsablePassword } from '../../shared/password.ts'
import { addressProblem, certificateFileProblem, isListenHost, trustedRangeProblem } from './addresses.ts'
import { toBasePath } from './base-path.ts'
import type { Environment, Origin, Source } from './config-source.ts'
import { createSource, IN_QUOTES, originsOf } from './config-source.ts'
import { misspeltVariables, VARIABLES } from './config-variables.ts'
import { databaseUrlProblem, databaseUrlWarnings } from './database-url.ts'
import type { ProxyFor } from './proxy.ts'
import { createProxyFor, isNoProxy, proxyAddress } from './proxy.ts'

/* The only place that reads the environment: once, at start. */

export interface Config {
  listen: {
    port: number
    /** Null: every address of the machine. */
    host: string | null
  }
  databaseUrl: string
  /** What a relative SQLite path starts from. */
  projectDir: string
  publicUrl: URL | null
  /** Path under which everything is served, from NC_PUBLIC_URL: begins and ends with a slash. */
  basePath: string
  /** Where the panel is reached from this machine, for the set-up link when there is no public URL. */
  localUrl: string
  trustProxy: string[]
  licenseServerUrl: string
  licenseKey: { text: string, digest: string } | null
  admin: { email: string, password: string } | null
  sessionSecret: string | null
  serviceTokens: string[]
  /** Bearer tokens of administrators' scripts. */
  adminTokens: string[]
  eventsKeepDays: number
  logFormat: 'pretty' | 'json'
  logLevel: LogLevel
  /** The proxy that HTTPS_PROXY, HTTP_PROXY and NO_PROXY name for an address, or ''. */
  proxyFor: ProxyFor
  /** This process among several: the host's name, and a part that is new at every start. */
  replica: string
  /** Where each variable's value came from. */
  origins: Record<string, Origin>
  /** What does not keep the server from starting, and yet is worth a look; a sentence each. */
  warnings: string[]
}

/** Variables that cannot be used; ends the start. A line for each names it and what was expected, never its value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly string[]
  /** May name the cause of a problem: a variable that is missing because its name is misspelt. */
  readonly warnings: readonly string[]
  constructor(problems: readonly string[], warnings: readonly string[] = []) {
    super(problems.join('\n'))
    this.problems = problems
    this.warnings = warnings
  }
}

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Reads and checks everything; throws ConfigError with all that cannot be used, so that it can be mended in one go. */
export function readConfig(env: Environment): Config {
  const source = createSource(env)
  const dir = projectDir()
  const listen = { port: Number(port(source) ?? 3000), host: host(source) }
  const address = publicUrl(source)
  const trusted = trustProxy(source)
  const serviceTokens = bearerTokens(source, 'NC_SERVICE_TOKEN')
  const database = databaseUrl(source, dir)
  const config = {
    listen,
    databaseUrl: database,
    projectDir: dir,
    publicUrl: address,
    basePath: basePathOf(address),
    localUrl: `http://localhost:${listen.port}`,
    trustProxy: trusted,
    licenseServerUrl: licenseServerUrl(source),
    licenseKey: licenseKey(source),
    admin: admin(source),
    sessionSecret: sessionSecret(source),
    serviceTokens,
    adminTokens: adminTokens(source, serviceTokens),
    eventsKeepDays: eventsKeepDays(source),
    logFormat: logFormat(source),
    logLevel: logLevel(source),
    proxyFor: proxies(source),
    replica: `${hostname()}-${randomBytes(2).toString('hex')}`,
    warnings: [...misspeltVariables(env), ...trustWarnings(trusted), ...databaseUrlWarnings(database), ...quoteWarnings(source)],
  }
  checkCertificates(source, env)
  if (source.problems.length > 0) throw new ConfigError(source.problems, config.warnings)
  return { ...config, origins: originsOf(source) }
}

/** A built server stands in <project>/.output/server; started from anywhere, its database stays where it was. */
function projectDir(): string {
  const built = /^(.*)[\\/]\.output[\w-]*[\\/]server[\\/]index\.mjs$/.exec(process.argv[1] ?? '')
  return built?.[1] || process.cwd()
}

function port(source: Source): string | null {
  const value = source.text('PORT')
  if (value && /^\d{1,5}$/.test(value) && Number(value) <= 65_535) return String(Number(value))
  if (value) source.reject('PORT', 'expected a port number from 0 to 65535')
  return null
}

function host(source: Source): string | null {
  const value = source.text('HOST')
  if (value && !isListenHost(value)) source.reject('HOST', 'expected an address or a host name alone, such as 0.0.0.0, without scheme, port or brackets')
  return value
}

function databaseUrl(source: Source, dir: string): string {
  const value = source.secret('DATABASE_URL') ?? 'file:.data/license.db'
  const problem = databaseUrlProblem(value, dir)
  if (problem) source.reject('DATABASE_URL', problem)
  return value
}

function publicUrl(source: Source): URL | null {
  const value = source.text('NC_PUBLIC_URL')
  if (!value) return null
  const problem = addressProblem(value)
  if (!problem) return new URL(value)
  source.reject('NC_PUBLIC_URL', `${problem} (the address people open, such as https://nocodb.example.com/license)`)
  return null
}

function basePathOf(url: URL | null): string {
  return toBasePath(url?.pathname ?? '/')
}

function trustProxy(source: Source): string[] {
  const ranges = list(source.text('NC_TRUST_PROXY'))
  for (const range of ranges) {
    const problem = trustedRangeProblem(range)
    if (problem) source.reject('NC_TRUST_PROXY', problem)
  }
  return ranges
}

function trustWarnings(ranges: readonly string[]): string[] {
  return ranges.some(range => range.endsWith('/0'))
    ? ['NC_TRUST_PROXY trusts every address: whoever connects chooses the address that is logged and limited']
    : []
}

/** Only a secret can be anything, so only there quotation marks are no mistake for certain. */
function quoteWarnings(source: Source): string[] {
  return VARIABLES.filter(({ name, secret }) => secret && source.isQuoted(name) && !source.problems.some(line => line.startsWith(`${name}:`)))
    .map(({ name }) => `${name}: ${IN_QUOTES} unless they are meant`)
}

function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}

function licenseServerUrl(source: Source): string {
  const value = source.text('NC_LICENSE_SERVER_URL') ?? 'https://app.nocodb.com'
  const problem = addressProblem(value)
  if (problem) {
    source.reject('NC_LICENSE_SERVER_URL', problem)
    return value
  }
  const url = new URL(value)
  if (url.protocol !== 'https:' && !isLoopback(url)) source.reject('NC_LICENSE_SERVER_URL', 'expected an https:// address (http:// only to a loopback address)')
  return url.href.replace(/(?<!\/)\/+$/, '')
}

function proxies(source: Source): ProxyFor {
  const [https, http, noProxy] = ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY'].map(name => source.proxyText(name))
  for (const [name, value] of [['HTTPS_PROXY', https], ['HTTP_PROXY', http]] as const) {
    if (value && !proxyAddress(value)) {
      source.reject(name, 'expected http://host:port or https://host:port, without a path, with user and password percent-encoded')
    }
  }
  if (noProxy && !isNoProxy(noProxy)) {
    source.reject('NO_PROXY', 'expected host names, addresses and ranges separated by commas, such as localhost, .example.com, 10.0.0.0/8')
  }
  return createProxyFor({ https: https ?? null, http: http ?? null, noProxy: noProxy ?? null })
}

/** Node has read the file itself by now, and goes on without it where it could not. */
function checkCertificates(source: Source, env: Environment): void {
  if (!source.text('NODE_EXTRA_CA_CERTS')) return
  const problem = certificateFileProblem(env.NODE_EXTRA_CA_CERTS ?? '')
  if (problem) source.reject('NODE_EXTRA_CA_CERTS', problem)
}

/** Not judged here: a wrong license never ends a start. */
function licenseKey(source: Source): Config['licenseKey'] {
  const value = source.secret('NC_LICENSE_KEY')
  return value ? { text: value, digest: createHash('sha256').update(value).digest('hex') } : null
}

function admin(source: Source): Config['admin'] {
  const email = source.text('NC_ADMIN_EMAIL')
  const password = source.literal('NC_ADMIN_PASSWORD')
  if (email && !z.email().max(254).safeParse(email).success) source.reject('NC_ADMIN_EMAIL', 'expected an e-mail address')
  const problem = password && passwordProblem(password)
  if (problem) source.reject('NC_ADMIN_PASSWORD', problem)
  const unreadable = source.originOf('NC_ADMIN_PASSWORD').from === 'file' && !password
  if (email && !password && !unreadable) source.reject('NC_ADMIN_PASSWORD', 'is needed together with NC_ADMIN_EMAIL')
  if (password && !email) source.reject('NC_ADMIN_EMAIL', 'is needed together with NC_ADMIN_PASSWORD')
  return email && password ? { email: email.toLowerCase(), password } : null
}

/** Taken literally, so what nobody could type into the sign-in form is no password. */
function passwordProblem(password: string): string | null {
  if (/[\p{Cc}\ufeff]/u.test(password)) return 'holds a line break or another character that cannot be typed into the sign-in form'
  return isUsablePassword(password) ? null : 'expected 10 to 256 characters, not only spaces'
}

function sessionSecret(source: Source): string | null {
  const value = source.secret('NC_SESSION_SECRET')
  if (value && value.length < 32) source.reject('NC_SESSION_SECRET', 'expected at least 32 characters')
  return value
}

function bearerTokens(source: Source, name: string): string[] {
  const tokens = list(source.secret(name))
  if (tokens.some(token => !/^[\x21-\x7E]{32,}$/.test(token))) {
    source.reject(name, 'expected tokens of at least 32 printable characters without spaces, separated by commas')
  }
  return tokens
}

function adminTokens(source: Source, serviceTokens: readonly string[]): string[] {
  const tokens = bearerTokens(source, 'NC_ADMIN_TOKEN')
  if (tokens.some(token => serviceTokens.includes(token))) {
    source.reject('NC_ADMIN_TOKEN', 'must not be a token of NC_SERVICE_TOKEN: a service would be an administrator')
  }
  return tokens
}

function eventsKeepDays(source: Source): number {
  const value = source.text('NC_EVENTS_KEEP_DAYS') ?? '400'
  if (!/^\d{1,5}$/.test(value) || Number(value) < 1) source.reject('NC_EVENTS_KEEP_DAYS', 'expected a whole number of days, 1 to 99999')
  return Number(value)
}

function logFormat(source: Source): Config['logFormat'] {
  const value = source.text('NC_LOG_FORMAT') ?? (process.stdout.isTTY ? 'pretty' : 'json')
  if (value === 'pretty' || value === 'json') return value
  source.reject('NC_LOG_FORMAT', 'expected pretty or json')
  return 'json'
}

function logLevel(source: Source): LogLevel {
  const value = source.text('NC_LOG_LEVEL') ?? 'info'
  const level = LOG_LEVELS.find(known => known === value)
  if (!level) source.reject('NC_LOG_LEVEL', `expected ${LOG_LEVELS.join(', ')}`)
  return level ?? 'info'
}

function list(value: string | null): string[] {
  return (value ?? '').split(',').map(entry => entry.trim()).filter(Boolean)
}
