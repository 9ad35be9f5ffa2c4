import type { Log } from '../license/ports.ts'
import { stackOf } from './log.ts'

/** Takes over from the entry that loaded this: from now on there is a log for what nobody has caught. */
export function guardProcess(log: Log): void {
  for (const event of ['uncaughtException', 'unhandledRejection']) process.removeAllListeners(event)
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    // The entry's own was the first; plugins may have added theirs.
    const [entrys] = process.listeners(signal)
    if (entrys) process.off(signal, entrys)
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
