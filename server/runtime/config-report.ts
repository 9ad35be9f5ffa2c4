import { accessSync, constants, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseKind } from '../../shared/contracts.ts'
import { IN_MEMORY } from '../storage/open.ts'
import { toDatabasePath } from '../storage/sqlite-file.ts'
import type { Config } from './config.ts'
import { ConfigError, readConfig, warningLine } from './config.ts'
import type { Environment } from './config-source.ts'
import { VARIABLES } from './config-variables.ts'

/* Descriptions of the configuration, for the `check` command and for support. Neither contains a secret. */

export interface Checked { ok: boolean, lines: string[] }

/** Describes, in lines for a person, how a start with this environment would go. Opens no database and no connection. */
export function checkConfiguration(env: Environment, options: { inMemory?: boolean } = {}): Checked {
  try {
    const config = readConfig(env, options)
    const database = describeDatabase(config)
    const lines = [...VARIABLES.map(({ name }) => describe(config, env, name)), `Database: ${database.line}`, ...config.warnings.map(warningLine)]
    return { ok: database.ok, lines: [...lines, database.ok ? 'The configuration can be used.' : 'The server would not start.'] }
  }
  catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return { ok: false, lines: [...error.lines, 'The server would not start.'] }
  }
}

/** A proxy's address may contain its password. */
const HIDDEN: ReadonlySet<string> = new Set(['HTTPS_PROXY', 'HTTP_PROXY', ...VARIABLES.filter(({ secret }) => secret).map(({ name }) => name)])

function describe({ origins }: Config, env: Environment, name: string): string {
  const origin = origins[name]
  if (!origin || origin.from === 'default') return `${name}: not set`
  if (origin.from === 'file') return `${name}: set, from the file ${origin.path}`
  return HIDDEN.has(name) ? `${name}: set` : `${name}: ${(env[name] ?? env[name.toLowerCase()] ?? '').trim()}`
}

function describeDatabase({ databaseUrl, projectDir }: Config): { ok: boolean, line: string } {
  if (databaseUrl === IN_MEMORY) return { ok: true, line: 'in memory, until the process ends' }
  if (!databaseUrl.startsWith('file:')) {
    const { host, pathname, searchParams } = new URL(databaseUrl)
    return { ok: true, line: `PostgreSQL at ${host || searchParams.get('host')}${pathname} (not contacted)` }
  }
  const path = toDatabasePath(databaseUrl, projectDir)
  const exists = statSync(path, { throwIfNoEntry: false }) !== undefined
  const place = nearestFolder(dirname(path))
  // SQLite creates the write-ahead log beside the file, so the folder must be writable as well.
  const ok = isAllowed(place, constants.W_OK | constants.X_OK) && (!exists || isAllowed(path, constants.R_OK | constants.W_OK))
  if (exists) return { ok, line: ok ? `SQLite, ${path}` : `SQLite, ${path}: the file or its folder is not both readable and writable` }
  return { ok, line: ok ? `SQLite, ${path}, which will be created` : `SQLite, ${path}: it cannot be created in ${place}` }
}

function nearestFolder(folder: string): string {
  return statSync(folder, { throwIfNoEntry: false }) || folder === dirname(folder) ? folder : nearestFolder(dirname(folder))
}

function isAllowed(path: string, mode: number): boolean {
  try {
    accessSync(path, mode)
    return true
  }
  catch {
    return false
  }
}

/** The configuration as support may see it: no secrets, and no user names or e-mails either. */
export function describeConfig(config: Config): Record<string, unknown> {
  const proxy = config.proxyFor(config.licenseServerUrl)
  return {
    licenseServerUrl: config.licenseServerUrl,
    proxy: proxy ? new URL(proxy).host : null,
    database: (config.databaseUrl.startsWith('file:') ? 'sqlite' : 'postgres') satisfies DatabaseKind,
    publicUrl: config.publicUrl && config.publicUrl.origin + config.basePath,
    trustProxy: config.trustProxy,
    licenseKeyFromEnvironment: config.licenseKey !== null,
    adminFromEnvironment: config.admin !== null,
    adminTokens: config.adminTokens.length,
    serviceTokens: config.serviceTokens.length,
    eventsKeepDays: config.eventsKeepDays,
    logFormat: config.logFormat,
    logLevel: config.logLevel,
    // Names only: the path of a file is the operator's business.
    set: Object.entries(config.origins).filter(([, { from }]) => from !== 'default').map(([name, { from }]) => `${name} (${from})`),
    warnings: config.warnings,
  }
}
