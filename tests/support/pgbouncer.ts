import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findCommand, findOrInstall } from './debian-packages.ts'
import { freePort } from './free-port.ts'

/* Debian's pgbouncer in front of a PostgreSQL server, configured as little as it can be. */

export interface Pgbouncer {
  port: number
  /** Everything it has printed. */
  output(): string
  stop(): Promise<void>
}

export interface PgbouncerOptions {
  /** Where PostgreSQL listens, on this machine. */
  postgresPort: number
  /** Roles that it lets in, with their passwords. */
  users: Readonly<Record<string, string>>
  mode?: 'session' | 'transaction'
  /** Lines for its section, apart from those that it cannot do without. */
  settings?: string[]
}

/** The path of pgbouncer, installed from Debian if need be; undefined, with the reason printed, if it cannot be had. */
export function findPgbouncer(): string | undefined {
  return findOrInstall('pgbouncer', () => findCommand('pgbouncer'))
}

/** Starts it on a port of its own; resolves once it accepts connections. */
export async function startPgbouncer({ postgresPort, users, mode = 'transaction', settings = [] }: PgbouncerOptions): Promise<Pgbouncer> {
  const command = findPgbouncer()
  if (command === undefined) throw new Error('there is no pgbouncer')
  const folder = await mkdtemp(join(tmpdir(), 'nc-pgbouncer-'))
  const port = await freePort()
  const [config, list] = [join(folder, 'pgbouncer.ini'), join(folder, 'users.txt')]
  const quote = (text: string) => `"${text.replaceAll('"', '""')}"`
  await writeFile(list, Object.entries(users).map(([name, password]) => `${quote(name)} ${quote(password)}\n`).join(''))
  await writeFile(config, [
    '[databases]', `* = host=127.0.0.1 port=${postgresPort}`,
    '[pgbouncer]', 'listen_addr = 127.0.0.1', `listen_port = ${port}`, 'unix_socket_dir =', 'auth_type = scram-sha-256',
    `auth_file = ${list}`, `pool_mode = ${mode}`, ...settings, '',
  ].join('\n'))
  await chmod(folder, 0o755)
  // It refuses to run as root.
  const child = spawn(command, [...process.getuid?.() === 0 ? ['-u', 'nobody'] : [], config], { stdio: ['ignore', 'ignore', 'pipe'] })
  let printed = ''
  child.stderr.on('data', (chunk: Buffer) => { printed += chunk.toString() })
  const ended = once(child, 'exit')
  for (let tries = 0; !await accepts(port); tries++) {
    if (tries === 100 || child.exitCode !== null) throw new Error(`pgbouncer did not start:\n${printed}`)
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  return {
    port,
    output: () => printed,
    async stop() {
      child.kill('SIGTERM')
      await ended
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  const opened = await once(socket, 'connect').then(() => true, () => false)
  socket.destroy()
  return opened
}
