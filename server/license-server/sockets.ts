import type { LookupAddress } from 'node:dns'
import { request as httpRequest } from 'node:http'
import type { LookupFunction, Socket } from 'node:net'
import { isIP } from 'node:net'

/* Node's callbacks and events as promises, which reject with whatever was thrown or emitted. */

/** What a connection that was closed without an error of its own fails with. */
export function closedError(): Error {
  return Object.assign(new Error('closed'), { code: 'ECONNRESET' })
}

/** Every address of a name; rejects with ENODATA if there is none. */
export function lookUp(lookup: LookupFunction, name: string): Promise<LookupAddress[]> {
  return new Promise((resolve, reject) => {
    lookup(name, { all: true }, (error, found, family) => {
      if (error) return reject(error)
      const all = typeof found === 'string' ? [{ address: found, family: family ?? isIP(found) }] : found
      if (all.length === 0) return reject(Object.assign(new Error('no address'), { code: 'ENODATA' }))
      resolve(all)
    })
  })
}

/** Rejects with what the socket fails with, or ECONNRESET if it closes. */
export function untilReady(socket: Socket, ready: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(ready, resolve)
    socket.once('error', reject)
    socket.once('close', () => reject(closedError()))
  })
}

/** Asks a proxy for a tunnel to an authority (RFC 9110 §9.3.6). Resolves to the status of its answer. */
export function askForTunnel(socket: Socket, proxy: URL, authority: string): Promise<number> {
  const credentials = proxy.username && `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`
  return new Promise((resolve, reject) => {
    const asking = httpRequest({
      createConnection: () => socket, method: 'CONNECT', path: authority,
      headers: { host: authority, ...(credentials ? { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` } : {}) },
    })
    asking.on('connect', ({ statusCode = 0 }, same: Socket, head) => {
      if (head.length > 0) same.unshift(head)
      resolve(statusCode)
    })
    asking.on('error', reject)
    asking.end()
  })
}
