import { once } from 'node:events'
import { createServer, type ListenOptions, type Server } from 'node:net'

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
  const reservation = await listen({ path: `\0nc-license-test-port-${port}` })
  return reservation?.unref() !== undefined
}

async function isFree(port: number): Promise<boolean> {
  const server = await listen({ port, host: '127.0.0.1' })
  if (!server) return false
  server.close()
  await once(server, 'close')
  return true
}

/** Undefined if somebody else listens there. */
async function listen(where: ListenOptions): Promise<Server | undefined> {
  const server = createServer().listen(where)
  try {
    await once(server, 'listening')
    return server
  }
  catch (error) {
    if (Object(error).code === 'EADDRINUSE') return undefined
    throw error
  }
}
