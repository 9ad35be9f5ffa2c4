import { execFileSync } from 'node:child_process'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createServerOn, makeFolder, PASSWORD, type PostgresServer } from './postgres-server.ts'
import { freePort } from './free-port.ts'

/** A second server that follows the first and serves only reads, until it is promoted. */
export interface Standby {
  readonly port: number
  /** Promotes it, so that it accepts writes. */
  promote(): Promise<void>
  remove(): Promise<void>
}

/** Stops a running server, copies it, and starts both. */
export async function addStandby(primary: PostgresServer): Promise<Standby> {
  const folder = await makeFolder()
  const dataDir = join(folder, 'data')
  await primary.stop()
  // Not with Node, whose copies would belong to another user.
  execFileSync('cp', ['-a', primary.dataDir, dataDir])
  await writeFile(join(dataDir, 'standby.signal'), '')
  await primary.start()

  const port = await freePort()
  const { promise: following, resolve } = Promise.withResolvers<void>()
  const conninfo = `primary_conninfo=host=127.0.0.1 port=${primary.port} user=postgres password=${PASSWORD}`
  const server = createServerOn(dataDir, port, [conninfo], (line) => {
    if (line.includes('started streaming WAL')) resolve()
  })
  // It accepts connections of every kind only once it has been promoted.
  const promoted = server.start()
  promoted.catch(() => undefined)
  await Promise.race([following, promoted])
  return {
    port,
    async promote() {
      const client = server.getPgClient()
      await client.connect()
      await client.query('select pg_promote()')
      await client.end()
      await promoted
    },
    async remove() {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
