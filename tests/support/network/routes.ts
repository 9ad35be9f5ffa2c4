import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, request as httpRequest } from 'node:http'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { connect, createServer as createTcpServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import type { TlsOptions } from 'node:tls'
import { connect as tlsConnect, getCACertificates, setDefaultCACertificates } from 'node:tls'
import { onTestFinished } from 'vitest'
import type { CertificateKind, Certificates } from './certificates.ts'
import { createCertificates } from './certificates.ts'

/* What can sit between the product and the license server, or in its place: any TCP server, TLS with any certificate, and proxies. */

/** Listens on a free port, of 127.0.0.1 unless told otherwise, until the test ends, when its connections end too; returns the port. */
export async function started(server: Server, host = '127.0.0.1'): Promise<number> {
  const open = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  })
  server.listen(0, host)
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  return Object(server.address()).port
}

/** Accepts connections and greets each as told, or says nothing, until the test ends. Resolves to the port. */
export async function startTcp(greet: (socket: Socket) => void = () => undefined): Promise<number> {
  return started(createTcpServer((socket) => {
    socket.on('error', () => undefined)
    greet(socket)
  }))
}

/** Makes this process trust one more authority, given as PEM, until the test ends. */
export function trustAuthority(pem: string): void {
  const before = getCACertificates('default')
  onTestFinished(() => setDefaultCACertificates(before))
  setDefaultCACertificates([...before, pem])
}

/** The same for an authority in a file. */
export function trust(caFile: string): void {
  trustAuthority(readFileSync(caFile, 'utf8'))
}

/** Forwards every request to `target`, and its response back. */
export function passOn(target: string): RequestListener {
  return (request: IncomingMessage, response: ServerResponse) => {
    const onward = httpRequest(new URL(request.url ?? '/', target), { method: request.method, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    onward.on('error', () => response.destroy())
    request.pipe(onward)
  }
}

export interface TlsFront {
  url: string
  /** For NODE_EXTRA_CA_CERTS. */
  caFile: string
}

let made: Certificates | undefined
/** Made once per process, and removed when it ends. */
function certificates(): Certificates {
  if (!made) {
    const created = made = createCertificates()
    process.once('exit', () => created.remove())
  }
  return made
}

/** Starts an https server with a certificate of that kind in front of `target`; ends with the test. */
export async function startTlsFront(target: string, kind: CertificateKind = 'trusted', options: TlsOptions = {}): Promise<TlsFront> {
  const { caFile, pair } = certificates()
  const server = createHttpsServer({ ...pair(kind), ...options }, passOn(target))
  return { url: `https://127.0.0.1:${await started(server)}`, caFile }
}

const OLD_TLS = { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' } as const

/** Starts an https server that speaks only TLS 1.0. Throws where that isn't available: a refusal would then prove nothing. */
export async function startOldTlsFront(target: string): Promise<TlsFront> {
  const front = await startTlsFront(target, 'trusted', OLD_TLS)
  const { hostname, port } = new URL(front.url)
  const control = tlsConnect({ ...OLD_TLS, host: hostname, port: Number(port), rejectUnauthorized: false })
  await once(control, 'secureConnect')
  control.destroy()
  return front
}

export interface Proxy {
  url: string
  port: number
  requests: string[]
  /** For NODE_EXTRA_CA_CERTS, if the proxy itself uses https. */
  caFile: string
}

/** Starts a forward proxy that records what it is asked for; with `status` it refuses everything. Ends with the test. */
export async function startProxy(status?: number, scheme: 'http' | 'https' = 'http'): Promise<Proxy> {
  const requests: string[] = []
  const answer: RequestListener = (request, response) => {
    requests.push(`${request.method} ${request.url}`)
    if (status) response.writeHead(status, { 'proxy-authenticate': 'Basic realm="proxy"' }).end()
    else passOn(request.url ?? '')(request, response)
  }
  const server = scheme === 'http' ? createServer(answer) : createHttpsServer(certificates().pair('trusted'), answer)
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    requests.push(`CONNECT ${request.url}`)
    socket.on('error', () => undefined)
    if (status) return void socket.end(`HTTP/1.1 ${status} Refused\r\nProxy-Authenticate: Basic realm="proxy"\r\nContent-Length: 0\r\n\r\n`)
    const [host = '', port = ''] = (request.url ?? '').split(':')
    const onward = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      onward.pipe(socket).pipe(onward)
    })
    onward.on('error', () => socket.destroy())
  })
  const port = await started(server)
  return { url: `${scheme}://127.0.0.1:${port}`, port, requests, caFile: certificates().caFile }
}
