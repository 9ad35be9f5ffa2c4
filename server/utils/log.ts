import pino from 'pino'
import { prettyFactory } from 'pino-pretty'
import type { Log } from '../license/ports.ts'

// A signed organisation name or a driver's error may hold terminal escapes that JSON leaves as they are. Looked for in every
// field, and once more in the whole line: what is nested, or an error with its stack, must not become several.
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu

/** Takes the format and where lines go; returns a log that writes one line per entry, at once. */
export function createLog(format: 'pretty' | 'json', write: (line: string) => void = line => void process.stdout.write(line)): Log {
  const prettify = prettyFactory({ colorize: false, singleLine: true, translateTime: 'UTC:yyyy-mm-dd HH:MM:ss.l' })
  const destination = { write: (line: string) => write(`${printableText((format === 'pretty' ? prettify(line) : line).trimEnd())}\n`) }
  const formatters = { level: (label: string) => ({ level: label }) }
  const logger = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters }, destination)
  return {
    info: (message, fields = {}) => logger.info(printable(fields), printableText(message)),
    warn: (message, fields = {}) => logger.warn(printable(fields), printableText(message)),
    error: (message, fields = {}) => logger.error(printable(fields), printableText(message)),
  }
}

function printable(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) =>
    [name, typeof value === 'string' ? printableText(value) : value]))
}

function printableText(text: string): string {
  return text.replace(UNPRINTABLE, '�')
}
