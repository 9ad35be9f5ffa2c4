import { format } from 'node:util'
import { ERRORS, isErrorCode } from '../../shared/errors.ts'
import type { Log } from '../license/ports.ts'
import type { FoldedLog } from './folded-log.ts'
import type { ProcessLog } from './log.ts'
import { stackOf } from './log.ts'

/* The log gets what would otherwise be printed beside it, or end the process without a word. */

/** Takes over from server/build/index-guard.ts, which had no log yet: errors that nobody has caught, and signals. */
export function guardProcess(log: Log): void {
  for (const event of ['uncaughtException', 'unhandledRejection']) process.removeAllListeners(event)
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    // The guard's own was the first; plugins may have added theirs.
    const [guards] = process.listeners(signal)
    if (guards) process.off(signal, guards)
  }
  process.on('uncaughtException', (error: NodeJS.ErrnoException) => {
    // A name that somebody else's code looks up and does not find is no reason to end.
    if (error.syscall === 'getaddrinfo') return log.warn('a name could not be looked up', { code: error.code, cause: String(error) })
    // Nobody knows what state it has left behind.
    log.error('ended by an error that nobody expected', { cause: stackOf(error) })
    process.stderr.write(`This server has ended by an error that nobody expected (${oneLine(error)}).\n`)
    process.exit(1)
  })
  // Of one request or background step: it has failed, and what it was part of has its own way to go on.
  process.on('unhandledRejection', error => log.error('a step failed that nobody was waiting for', { cause: stackOf(error) }))
}

function oneLine(error: unknown): string {
  return String(error).split('\n')[0] ?? ''
}

/**
 * Turns what Nitro and libraries print into entries like any other. The error of a page is one line: an expected one by its
 * code alone, folded, since visitors cause it as often as they ask; any other with its stack.
 */
export function routeConsole(log: ProcessLog, folded: FoldedLog, target: Partial<Console> = console): void {
  const [debug, info, warn] = [log.debug, log.info, log.warn].map(write => (...parts: unknown[]) => write(format(...parts)))
  function error(...parts: unknown[]): void {
    const failure = parts.find(part => part instanceof Error)
    const code: unknown = Object(Object(failure).data).code
    if (isErrorCode(code) && code !== 'INTERNAL') {
      folded.warn('a page could not be shown', { code, reference: ERRORS[code].reference })
      return
    }
    const text = format(...parts.filter(part => part !== failure)).trim()
    log.error(text || 'an error was printed', failure ? { cause: stackOf(failure) } : {})
  }
  Object.assign(target, { log: info, info, debug, warn, error })
}
