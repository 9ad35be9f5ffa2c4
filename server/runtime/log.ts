import pino from 'pino'
import { prettyFactory } from 'pino-pretty'
import type { Log } from '../license/ports.ts'
import type { LogLevel } from './config.ts'

// A signed organisation name or a driver's error may contain terminal escapes, which JSON leaves as they are. They are replaced
// in every field, and once more in the whole line: a nested value or a stack must not break it in two.
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu

/** The log of the process: the domain's log, and what the domain has no use for. */
export interface ProcessLog extends Log {
  debug(message: string, fields?: Record<string, unknown>): void
  /** Writes at `info` even if the level is higher: for the few lines that an operator must always find. */
  announce(message: string, fields?: Record<string, unknown>): void
}

export interface LogOptions {
  format: 'pretty' | 'json'
  /** Less severe entries are left out. */
  level?: LogLevel
  /** Names the process among replicas; part of every JSON line. */
  replica?: string
  /** Fields added to every line, such as the request being served. */
  context?: () => Readonly<Record<string, unknown>> | undefined
  write?: (line: string) => void
}

/** Creates a log that writes each entry as one line, at once. */
export function createLog({ format, level = 'info', replica, context = () => undefined, write = toOutput }: LogOptions): ProcessLog {
  // By default pino-pretty spreads a field named `error` over lines of its own.
  const oneLine = { singleLine: true, errorLikeObjectKeys: [] }
  const prettify = prettyFactory({ colorize: false, ...oneLine, translateTime: 'UTC:yyyy-mm-dd HH:MM:ss.l' })
  const destination = { write: (line: string) => write(`${printableText((format === 'pretty' ? prettify(line) : line).trimEnd())}\n`) }
  const formatters = { level: (label: string) => ({ level: label }) }
  const base = format === 'json' && replica !== undefined ? { replica } : null
  const logger = pino({ level, base, timestamp: pino.stdTimeFunctions.isoTime, formatters }, destination)
  const at = (name: LogLevel, to = logger) => (message: string, fields: Record<string, unknown> = {}) =>
    to[name](printable({ ...context(), ...fields }), printableText(message))
  return {
    debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), announce: at('info', logger.child({}, { level: 'info' })),
  }
}

/** An error with its stack, in one line. */
export function stackOf(error: unknown): string {
  const text = error instanceof Error ? error.stack ?? String(error) : String(error)
  return text.split('\n').map(line => line.trim()).filter(Boolean).join(' < ')
}

function toOutput(line: string): void {
  process.stdout.write(line)
}

function printable(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) =>
    [name, typeof value === 'string' ? printableText(value) : value]))
}

function printableText(text: string): string {
  return text.replace(UNPRINTABLE, '�')
}
