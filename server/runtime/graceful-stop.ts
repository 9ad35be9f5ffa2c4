import type { Server, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/*
 * Ends a server: what is under way is answered, and nothing new begins. Node knows which connections are idle, so that nothing has to
 * be kept for each response.
 */

/** Ms: how often connections that have become idle are looked for. */
const LOOK_EVERY = 50

export interface GracefulStop {
  /** Tells whoever gets this answer that it is the last of its connection, once the server is being stopped. */
  tellLast(response: ServerResponse): void
  /** Takes no connection any more; resolves once all have ended, and after `longest` ms cuts off those that have not. */
  stop(longest: number): Promise<void>
}

export function createGracefulStop(server: Server): GracefulStop {
  let stopping = false

  return {
    tellLast(response) {
      if (stopping) response.setHeader('connection', 'close')
    },
    async stop(longest) {
      stopping = true
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      const looking = setInterval(() => server.closeIdleConnections(), LOOK_EVERY)
      await Promise.race([closed, sleep(longest, undefined, { ref: false })])
      clearInterval(looking)
      server.closeAllConnections()
    },
  }
}
