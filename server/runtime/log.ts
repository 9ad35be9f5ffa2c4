import pino from 'pino'
import { prettyFactory } from 'pino-pretty'
import type { Log } from '../license/ports.ts'
import type { LogLevel } from './config.ts'

// A signed organisation name or a driver's error may hold terminal escapes that JSON leaves as they are. Looked for in every
// field, and once more in the whole line: what is nested, or an error with its stack, must not become several.
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu

/** The log of the process, with a level that the domain has no use for. */
export interface ProcessLog extends Log {
  debug(message: string, fields?: Record<string, unknown>): void
  /** At `info`, whatever the level: for the few lines that somebody must find. */
  announce(message: string, fields?: Record<string, unknown>): void
}

export interface LogOptions {
  format: 'pretty' | 'json'
  /** Lines below it are left out. */
  level?: LogLevel
  /** Which of several processes writes; stands in every JSON line. */
  replica?: string
  /** What is true of the moment, such as the request that is being served; stands in every line. */
  context?: () => Readonly<Record<string, unknown>> | undefined
  write?: (line: string) => void
}

/** Writes one line per entry, at once. */
export function createLog({ format, level = 'info', replica, context = () => undefined, write = toOutput }: LogOptions): ProcessLog {
  // A field named error is one like any other; pino-pretty would spread it over lines of its own.
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
