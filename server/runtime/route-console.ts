import { format } from 'node:util'
import { ERRORS, isErrorCode } from '../../shared/errors.ts'
import type { FoldedLog } from './folded-log.ts'
import type { ProcessLog } from './log.ts'
import { stackOf } from './log.ts'

/**
 * Nitro and libraries print lines of their own; in this log they are entries like any other. The error of a page is one line:
 * an expected one by its code alone, folded, for visitors cause it as often as they ask; any other with its stack.
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
