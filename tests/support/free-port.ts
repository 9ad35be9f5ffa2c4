import { once } from 'node:events'
import { createServer } from 'node:net'

const LOWEST = 12_000
const COUNT = 20_000

/**
 * A port of 127.0.0.1 on which nobody listens, below those of outgoing connections. Until this process ends, nobody else who asks
 * here is given it, in whatever process: what is started on it a moment later cannot be mistaken for what another test has started,
 * and where nothing is to listen, nothing comes to.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * COUNT)
    if (await reserve(port) && await isFree(port)) return port
  }
}

/** By a name that is no file, so that the system takes it back when the process is gone. Only Linux has such names. */
async function reserve(port: number): Promise<boolean> {
  if (process.platform !== 'linux') return true
  const reservation = createServer().listen(`\0nc-license-test-port-${port}`).unref()
  return once(reservation, 'listening').then(() => true, () => false)
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1')
  const free = await once(server, 'listening').then(() => true, () => false)
  if (!free) return false
  server.close()
  await once(server, 'close')
  return true
}
