import { format } from 'node:util'
import { ERRORS, isErrorCode } from '../../shared/errors.ts'
import type { Log } from '../license/ports.ts'
import type { FoldedLog } from './folded-log.ts'
import type { ProcessLog } from './log.ts'
import { stackOf } from './log.ts'

/* Sends to the log what would otherwise bypass it, or end the process without a word. */

/**
 * Takes over from server/build/index-guard.ts, which had no log yet: uncaught errors here, signals by a listener that the caller
 * has added.
 */
export function guardProcess(log: Log): void {
  for (const event of ['uncaughtException', 'unhandledRejection']) process.removeAllListeners(event)
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    // The guard's listener came first; the others may belong to plugins.
    const [guards] = process.listeners(signal)
    if (guards) process.off(signal, guards)
  }
  process.on('uncaughtException', (error: NodeJS.ErrnoException) => {
    // A failed name look-up in somebody else's code is no reason to exit.
    if (error.syscall === 'getaddrinfo') return log.warn('a name could not be looked up', { code: error.code, cause: String(error) })
    // The process may be in any state now.
    log.error('stopped because of an unexpected error', { cause: stackOf(error) })
    process.stderr.write(`This server stopped because of an unexpected error (${oneLine(error)}).\n`)
    process.exit(1)
  })
  // One request or background step has failed; whatever it was part of handles that itself.
  process.on('unhandledRejection', error => log.error('an unhandled error in the background', { cause: stackOf(error) }))
}

function oneLine(error: unknown): string {
  return String(error).split('\n')[0] ?? ''
}

/**
 * Turns what Nitro and libraries print into ordinary log entries. A page's error takes one line: an expected one gives its code
 * only, and is folded, since visitors can cause it at will; any other comes with its stack.
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
