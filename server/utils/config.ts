import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import ipaddr from 'ipaddr.js'
import { getProxyForUrl } from 'proxy-from-env'
import { z } from 'zod'
import { toBasePath } from './base-path.ts'

/* The only place that reads the environment: once, at start. */

export interface Config {
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
  /** Takes a URL; returns the proxy that HTTPS_PROXY, HTTP_PROXY and NO_PROXY name for it, or ''. */
  proxyFor: (url: string) => string
}

/** A variable whose value cannot be used; ends the start. The message names it and what was expected, never the value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  constructor(variable: string, expected: string) {
    super(`${variable}: ${expected}`)
  }
}

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

type Environment = Readonly<Record<string, string | undefined>>

/** Takes the environment; returns the configuration. Throws ConfigError on the first value that cannot be used. */
export function readConfig(env: Environment): Config {
  checkPort(env)
  const serverUrl = licenseServerUrl(env)
  checkProxy(serverUrl)
  const email = text(env, 'NC_ADMIN_EMAIL')
  const password = secret(env, 'NC_ADMIN_PASSWORD')
  const address = publicUrl(env)
  return {
    databaseUrl: databaseUrl(env),
    projectDir: projectDir(),
    publicUrl: address,
    basePath: basePathOf(address),
    localUrl: `http://localhost:${text(env, 'PORT') ?? 3000}`,
    trustProxy: trustProxy(env),
    licenseServerUrl: serverUrl,
    licenseKey: licenseKey(env),
    admin: admin(email, password),
    sessionSecret: sessionSecret(env),
    serviceTokens: bearerTokens(env, 'NC_SERVICE_TOKEN'),
    adminTokens: bearerTokens(env, 'NC_ADMIN_TOKEN'),
    eventsKeepDays: eventsKeepDays(env),
    logFormat: logFormat(env),
    logLevel: logLevel(env),
    proxyFor: getProxyForUrl,
  }
}

/** A built server stands in <project>/.output/server; started from anywhere, its database stays where it was. */
function projectDir(): string {
  const built = /^(.*)[\\/]\.output[\w-]*[\\/]server[\\/]index\.mjs$/.exec(process.argv[1] ?? '')
  return built?.[1] || process.cwd()
}

/** Unset and empty are the same: Compose files and Helm charts pass empty strings for what is left out. */
function text(env: Environment, name: string): string | null {
  return env[name]?.trim() || null
}

/** A secret comes from the variable itself or from the file that `<name>_FILE` names. */
function secret(env: Environment, name: string): string | null {
  const direct = text(env, name)
  const path = text(env, `${name}_FILE`)
  if (direct && path) throw new ConfigError(name, `set either ${name} or ${name}_FILE, not both`)
  if (!path) return direct
  let content: string
  try {
    content = readFileSync(path, 'utf8').trim()
  }
  catch {
    throw new ConfigError(`${name}_FILE`, 'expected the path of a file that can be read')
  }
  if (!content) throw new ConfigError(`${name}_FILE`, 'the file is empty')
  return content
}

function urlOf(value: string): URL | null {
  return URL.canParse(value) ? new URL(value) : null
}

function checkPort(env: Environment): void {
  const port = text(env, 'PORT')
  if (port && !(/^\d{1,5}$/.test(port) && Number(port) <= 65_535)) throw new ConfigError('PORT', 'expected a port number from 0 to 65535')
}

function databaseUrl(env: Environment): string {
  const value = secret(env, 'DATABASE_URL') ?? 'file:.data/license.db'
  const usable = (value.startsWith('file:') && value.length > 'file:'.length)
    || (/^postgres(?:ql)?:\/\//.test(value) && urlOf(value) !== null)
  if (!usable) throw new ConfigError('DATABASE_URL', 'expected file:<path> for SQLite or postgres://user:password@host:port/database')
  return value
}

function publicUrl(env: Environment): URL | null {
  const value = text(env, 'NC_PUBLIC_URL')
  if (!value) return null
  const url = urlOf(value)
  if (!url || !['http:', 'https:'].includes(url.protocol)) {
    throw new ConfigError('NC_PUBLIC_URL', 'expected the address people open, such as https://nocodb.example.com')
  }
  return url
}

function basePathOf(url: URL | null): string {
  // It would end the path of a cookie.
  if (url?.pathname.includes(';')) throw new ConfigError('NC_PUBLIC_URL', 'expected a path without a semicolon')
  return toBasePath(url?.pathname ?? '/')
}

/** The base path alone, for what needs it before the start; a value that ends the start counts as none. */
export function readBasePath(env: Environment): string {
  try {
    return basePathOf(publicUrl(env))
  }
  catch {
    return '/'
  }
}

function trustProxy(env: Environment): string[] {
  const ranges = list(text(env, 'NC_TRUST_PROXY'))
  for (const range of ranges) {
    try {
      if (range.includes('/')) ipaddr.parseCIDR(range)
      else ipaddr.parse(range)
    }
    catch {
      throw new ConfigError('NC_TRUST_PROXY', 'expected addresses or ranges separated by commas, such as 10.0.0.0/8, 192.168.1.4')
    }
  }
  return ranges
}

function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}

function licenseServerUrl(env: Environment): string {
  const url = urlOf(text(env, 'NC_LICENSE_SERVER_URL') ?? 'https://app.nocodb.com')
  const allowed = url && (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url)))
  if (!allowed || url.username || url.search || url.hash) {
    throw new ConfigError('NC_LICENSE_SERVER_URL', 'expected an https:// address (http:// only to a loopback address), without user, query or fragment')
  }
  return url.href.replace(/(?<!\/)\/+$/, '')
}

function checkProxy(serverUrl: string): void {
  const proxy = getProxyForUrl(serverUrl)
  const url = urlOf(proxy)
  const decodes = /^(?:[^%]|%[0-9a-f]{2})*$/i.test(`${url?.username}${url?.password}`)
  if (proxy && !(url && ['http:', 'https:'].includes(url.protocol) && decodes)) {
    throw new ConfigError('HTTPS_PROXY, HTTP_PROXY', 'expected http://host:port, with user and password percent-encoded')
  }
}

/** Not judged here: a wrong license never ends a start. */
function licenseKey(env: Environment): Config['licenseKey'] {
  const value = secret(env, 'NC_LICENSE_KEY')
  return value ? { text: value, digest: createHash('sha256').update(value).digest('hex') } : null
}

function admin(email: string | null, password: string | null): Config['admin'] {
  if (!email && !password) return null
  if (!email) throw new ConfigError('NC_ADMIN_EMAIL', 'is needed together with NC_ADMIN_PASSWORD')
  if (!password) throw new ConfigError('NC_ADMIN_PASSWORD', 'is needed together with NC_ADMIN_EMAIL')
  if (!z.email().max(254).safeParse(email).success) throw new ConfigError('NC_ADMIN_EMAIL', 'expected an e-mail address')
  if (password.length < 10 || password.length > 256) throw new ConfigError('NC_ADMIN_PASSWORD', 'expected 10 to 256 characters')
  return { email: email.toLowerCase(), password }
}

function sessionSecret(env: Environment): string | null {
  const value = secret(env, 'NC_SESSION_SECRET')
  if (value && value.length < 32) throw new ConfigError('NC_SESSION_SECRET', 'expected at least 32 characters')
  return value
}

function bearerTokens(env: Environment, name: string): string[] {
  const tokens = list(secret(env, name))
  if (tokens.some(token => !/^[\x21-\x7E]{32,}$/.test(token))) {
    throw new ConfigError(name, 'expected tokens of at least 32 printable characters without spaces, separated by commas')
  }
  return tokens
}

function eventsKeepDays(env: Environment): number {
  const value = text(env, 'NC_EVENTS_KEEP_DAYS') ?? '400'
  if (!/^\d{1,5}$/.test(value) || Number(value) < 1) throw new ConfigError('NC_EVENTS_KEEP_DAYS', 'expected a whole number of days, 1 to 99999')
  return Number(value)
}

function logFormat(env: Environment): Config['logFormat'] {
  const value = text(env, 'NC_LOG_FORMAT') ?? (process.stdout.isTTY ? 'pretty' : 'json')
  if (value !== 'pretty' && value !== 'json') throw new ConfigError('NC_LOG_FORMAT', 'expected pretty or json')
  return value
}

function logLevel(env: Environment): LogLevel {
  const value = text(env, 'NC_LOG_LEVEL') ?? 'info'
  const level = LOG_LEVELS.find(known => known === value)
  if (!level) throw new ConfigError('NC_LOG_LEVEL', `expected ${LOG_LEVELS.join(', ')}`)
  return level
}

function list(value: string | null): string[] {
  return (value ?? '').split(',').map(entry => entry.trim()).filter(Boolean)
}
