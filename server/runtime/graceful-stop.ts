import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/*
 * Ends a server: what is under way is answered, and nothing new begins. Node knows which connections are idle, so that nothing has to
 * be kept for each response.
 */

/** Ms: how often connections that have become idle are looked for. */
const LOOK_EVERY = 50

export interface GracefulStop {
  /** To be called for each response: once the server is being stopped, it says that it is the last on its connection. */
  tellLast(response: ServerResponse): void
  /** Takes no connection any more; resolves once all have ended, and after `longest` ms cuts off those that have not. */
  stop(longest: number): Promise<void>
}

export function createGracefulStop(server: Server): GracefulStop {
  let stopping = false
  /** Connections that nothing has been asked on: Node does not count them as idle. */
  const silent = new Set<Socket>()
  server.on('connection', (socket) => {
    silent.add(socket)
    socket.once('close', () => silent.delete(socket))
  })

  return {
    tellLast(response) {
      silent.delete(response.req.socket)
      if (stopping) response.setHeader('connection', 'close')
    },
    async stop(longest) {
      stopping = true
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      for (const socket of silent) socket.destroy()
      const looking = setInterval(() => server.closeIdleConnections(), LOOK_EVERY)
      await Promise.race([closed, sleep(longest, undefined, { ref: false })])
      clearInterval(looking)
      server.closeAllConnections()
    },
  }
}
