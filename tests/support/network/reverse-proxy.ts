import type { ChildProcess } from 'node:child_process'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createCertificates } from './certificates.ts'

/* The reverse proxies that people really use (Debian's nginx and Caddy), with another application at the root. */

export type ProxyProgram = 'nginx' | 'caddy'
const PROGRAMS: Record<ProxyProgram, string> = { nginx: '/usr/sbin/nginx', caddy: '/usr/bin/caddy' }

export interface ForeignApplication {
  url: string
  /** Method and path of every request it received. */
  requests: string[]
  stop(): Promise<void>
}

export interface ReverseProxyOptions {
  program: ProxyProgram
  /** The port people reach it at; from freePort(). */
  port: number
  /** Where the panel listens; it may start later. */
  panelPort: number
  /** nginx: where other replicas of it listen. */
  replicaPorts?: number[]
  /** Receives everything outside the base path. */
  foreignUrl: string
  /** Such as `/license/`. */
  basePath: string
  /** Whether the proxy strips the base path. */
  strips: boolean
  tls?: boolean
  /** nginx: lines for the panel's location, in place of those that pass on the host and name the client. */
  location?: string[]
}

export interface ReverseProxy {
  /** The base path's URL, without the trailing slash. */
  url: string
  stop(): Promise<void>
}

/** Installs the Debian package if the program is missing; throws if that fails. */
export function requireProgram(program: ProxyProgram): string {
  const path = PROGRAMS[program]
  if (existsSync(path)) return path
  const install = `apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends ${program}`
  // Other tests may be installing packages too; and keep the package from starting a service.
  const { stderr } = spawnSync('flock', ['/tmp/nc-license-apt.lock', 'sh', '-c', install], {
    encoding: 'utf8', timeout: 300_000, env: { ...process.env, RUNLEVEL: '1' },
  })
  if (!existsSync(path)) throw new Error(`${program} is needed (apt-get install ${program}): ${stderr?.trim().split('\n').at(-1) ?? ''}`)
  return path
}

/** An application with its own page, API and assets, under the same names as ours. */
export async function startForeignApplication(): Promise<ForeignApplication> {
  const requests: string[] = []
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`)
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Another application</title>')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${Object(server.address()).port}`,
    requests,
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Starts the proxy as a separate process; resolves once it accepts connections. */
export async function startReverseProxy(options: ReverseProxyOptions): Promise<ReverseProxy> {
  const command = requireProgram(options.program)
  const folder = await mkdtemp(join(tmpdir(), 'nc-reverse-proxy-'))
  const tls = options.tls ? await writeCertificate(folder) : undefined
  const file = join(folder, 'config')
  const isNginx = options.program === 'nginx'
  await writeFile(file, isNginx ? nginxConfig(options, folder, tls) : caddyConfig(options, tls))
  const args = isNginx ? ['-e', 'stderr', '-c', file, '-p', folder] : ['run', '--adapter', 'caddyfile', '--config', file]
  const child = spawn(command, args, {
    stdio: ['ignore', 'ignore', 'pipe'], env: { PATH: process.env.PATH, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
  })
  const stop = async () => {
    await end(child)
    await rm(folder, { recursive: true, force: true })
  }
  await untilListening(child, options.port).catch(async (error: unknown) => {
    await stop()
    throw error
  })
  return { url: `http${tls ? 's' : ''}://127.0.0.1:${options.port}${options.basePath.slice(0, -1)}`, stop }
}

interface Tls { cert: string, key: string }

async function writeCertificate(folder: string): Promise<Tls> {
  const made = createCertificates()
  const { cert, key } = made.pair('trusted')
  made.remove()
  const files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
  await Promise.all([writeFile(files.cert, cert), writeFile(files.key, key)])
  return files
}

const LOCATION = [
  'proxy_set_header Host $http_host;',
  'proxy_set_header X-Forwarded-For $remote_addr;',
  'proxy_set_header X-Forwarded-Proto $scheme;',
]

function nginxConfig(options: ReverseProxyOptions, folder: string, tls?: Tls): string {
  const { port, panelPort, replicaPorts = [], foreignUrl, basePath, strips, location = LOCATION } = options
  const ports = [panelPort, ...replicaPorts]
  const isShared = ports.length > 1
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(name => `${name}_temp_path ${folder}/${name};`)
  return `daemon off; worker_processes 1; pid ${folder}/pid; ${process.getuid?.() === 0 ? 'user root;' : ''}
events {}
http {
  access_log off;
  ${temporary.join('\n  ')}
  ${isShared ? `upstream panel { ${ports.map(each => `server 127.0.0.1:${each} max_fails=0;`).join(' ')} }` : ''}
  server {
    listen 127.0.0.1:${port}${tls ? ' ssl' : ''};
    ${tls ? `ssl_certificate ${tls.cert}; ssl_certificate_key ${tls.key};` : ''}
    location / { proxy_pass ${foreignUrl}; }
    location ${basePath} {
      ${location.join('\n      ')}
      proxy_pass http://${isShared ? 'panel' : `127.0.0.1:${panelPort}`}${strips ? '/' : ''};
    }
  }
}
`
}

function caddyConfig({ port, panelPort, foreignUrl, basePath, strips }: ReverseProxyOptions, tls?: Tls): string {
  return `{
  admin off
  auto_https disable_redirects
  skip_install_trust
}
http${tls ? 's' : ''}://127.0.0.1:${port} {
  bind 127.0.0.1
  ${tls ? `tls ${tls.cert} ${tls.key}` : ''}
  ${strips ? 'handle_path' : 'handle'} ${basePath}* {
    reverse_proxy 127.0.0.1:${panelPort}
  }
  handle {
    reverse_proxy ${foreignUrl.replace('http://', '')}
  }
}
`
}

async function untilListening(child: ChildProcess, port: number): Promise<void> {
  let printed = ''
  child.stderr?.on('data', (chunk: Buffer) => { printed += chunk.toString() })
  for (let tries = 0; tries < 400; tries++) {
    if (child.exitCode !== null) break
    if (await accepts(port)) return
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  throw new Error(`the reverse proxy did not come up:\n${printed}`)
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  const accepted = await once(socket, 'connect').then(() => true, () => false)
  socket.destroy()
  return accepted
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
}
