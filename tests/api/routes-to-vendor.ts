import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, request as httpRequest } from 'node:http'
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/* What can stand between the product and the license server: TLS with a certificate of one's own, and proxies. */

const started = async (server: Server): Promise<number> => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return Object(server.address()).port
}

/** Passes every request on to `target` and its answer back. */
function passOn(target: string): RequestListener {
  return (request: IncomingMessage, response: ServerResponse) => {
    const onward = httpRequest(new URL(request.url ?? '/', target), { method: request.method, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    onward.on('error', () => response.destroy())
    request.pipe(onward)
  }
}

export interface TlsFront { url: string, certificateFile: string }

/** Starts an https server with a self-signed certificate for 127.0.0.1 in front of `target`; ends with the test. */
export async function startTlsFront(target: string, subject = '/O=Interception Inc/CN=127.0.0.1'): Promise<TlsFront> {
  const folder = mkdtempSync(join(tmpdir(), 'nc-tls-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const [keyFile, certificateFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  execFileSync('openssl', [
    'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', subject,
    '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', keyFile, '-out', certificateFile,
  ], { stdio: 'ignore' })
  const server = createHttpsServer({ key: readFileSync(keyFile), cert: readFileSync(certificateFile) }, passOn(target))
  return { url: `https://127.0.0.1:${await started(server)}`, certificateFile }
}

export interface Proxy { url: string, port: number, requests: string[] }

/** Starts a forward proxy that notes what it was asked for; with `status` it refuses everything. Ends with the test. */
export async function startProxy(status?: number): Promise<Proxy> {
  const requests: string[] = []
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`)
    if (status) response.writeHead(status, { 'proxy-authenticate': 'Basic realm="proxy"' }).end()
    else passOn(request.url ?? '')(request, response)
  })
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
  return { url: `http://127.0.0.1:${port}`, port, requests }
}
