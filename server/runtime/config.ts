import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { toBasePath } from './base-path.ts'
import { checkCertificates, host, licenseServerUrl, localUrl, port, proxies, publicUrl, trustProxy, trustWarnings } from './config-network.ts'
import type { Admin, LicenseKey } from './config-secrets.ts'
import { admin, adminTokens, bearerTokens, licenseKey, quoteWarnings, sessionSecret } from './config-secrets.ts'
import type { Environment, Origin, Source } from './config-source.ts'
import { createSource, originsOf } from './config-source.ts'
import { misspeltVariables } from './config-variables.ts'
import { IN_MEMORY } from '../storage/open.ts'
import { databaseUrlProblem, databaseUrlWarnings } from './database-url.ts'
import type { ProxyFor } from './proxy.ts'

/* The configuration, read from the environment once, at the start. */

export interface Config {
  listen: {
    port: number
    /** Null to listen on every address. */
    host: string | null
  }
  databaseUrl: string
  /** The folder that relative SQLite paths start from. */
  projectDir: string
  publicUrl: URL | null
  /** Path under which everything is served, from NC_PUBLIC_URL: begins and ends with a slash. */
  basePath: string
  /** Where the panel is reached from this machine, for the set-up link when there is no public URL. */
  localUrl: string
  trustProxy: string[]
  licenseServerUrl: string
  licenseKey: LicenseKey | null
  admin: Admin | null
  sessionSecret: string | null
  serviceTokens: string[]
  /** Bearer tokens of administrators' scripts. */
  adminTokens: string[]
  eventsKeepDays: number
  logFormat: 'pretty' | 'json'
  logLevel: LogLevel
  /** The proxy that HTTPS_PROXY, HTTP_PROXY and NO_PROXY name for an address, or ''. */
  proxyFor: ProxyFor
  /** Names this process among replicas: the host's name, and a part that is new at every start. */
  replica: string
  /** Where each variable's value came from. */
  origins: Record<string, Origin>
  /** One sentence for each thing that does not keep the server from starting but deserves a look. */
  warnings: string[]
}

/**
 * A configuration that the server cannot start with. The message has a line for each variable that cannot be used: its name and
 * what was expected, never its value.
 */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly string[]
  /** May explain a problem, such as a variable that is missing because its name is misspelt. */
  readonly warnings: readonly string[]
  constructor(problems: readonly string[], warnings: readonly string[] = []) {
    super(problems.join('\n'))
    this.problems = problems
    this.warnings = warnings
  }

  /** All of it for a person, a line each. */
  get lines(): string[] {
    return [...this.problems, ...this.warnings.map(warningLine)]
  }
}

export const warningLine = (warning: string): string => `Warning: ${warning}`

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/**
 * Throws ConfigError with every problem, so that all can be fixed in one go. `inMemory`: whether the build may keep its database
 * in memory, which is nothing for a license that somebody paid for.
 */
export function readConfig(env: Environment, { inMemory = false } = {}): Config {
  const source = createSource(env)
  const dir = projectDir()
  const listen = { port: Number(port(source) ?? 3000), host: host(source) }
  const address = publicUrl(source)
  const trusted = trustProxy(source)
  const serviceTokens = bearerTokens(source, 'NC_SERVICE_TOKEN')
  const database = databaseUrl(source, dir, inMemory)
  const config = {
    listen,
    databaseUrl: database,
    projectDir: dir,
    publicUrl: address,
    basePath: toBasePath(address?.pathname ?? '/'),
    localUrl: localUrl(listen),
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
    warnings: [...misspeltVariables(env), ...trustWarnings(trusted), ...databaseUrlWarnings(database, dir), ...quoteWarnings(source)],
  }
  checkCertificates(source, env)
  if (source.problems.length > 0) throw new ConfigError(source.problems, config.warnings)
  return { ...config, origins: originsOf(source) }
}

/**
 * A built server lives in <project>/.output/server. Starting from there keeps its database in one place, whatever the working
 * directory.
 */
function projectDir(): string {
  const built = /^(.*)[\\/]\.output[\w-]*[\\/]server[\\/]index\.mjs$/.exec(process.argv[1] ?? '')
  return built?.[1] || process.cwd()
}

function databaseUrl(source: Source, dir: string, inMemory: boolean): string {
  const value = source.secret('DATABASE_URL') ?? 'file:.data/license.db'
  const problem = value === IN_MEMORY ? inMemory ? null : 'a database in memory loses its license at every stop; name a file' : databaseUrlProblem(value, dir)
  if (problem) source.reject('DATABASE_URL', problem)
  return value
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
