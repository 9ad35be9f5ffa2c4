import { connect } from 'node:net'

/* Sends requests byte by byte as written, without a client that would correct or refuse them. */

export interface RawAnswer { status: number, head: string }

/** Sends a raw request; resolves to the response's status (0 if none came) and head. */
export function requestRaw(port: number, path: string, headers: readonly string[] = [], method = 'GET'): Promise<RawAnswer> {
  const hasHost = headers.some(header => /^host:/i.test(header))
  const lines = [`${method} ${path} HTTP/1.1`, ...(hasHost ? [] : [`Host: 127.0.0.1:${port}`]), ...headers, 'Connection: close', '', '']
  return new Promise((resolve) => {
    let received = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(lines.join('\r\n'), 'latin1'))
    socket.setEncoding('latin1')
    socket.on('data', (chunk: string) => { received += chunk })
    socket.on('error', () => undefined)
    socket.on('close', () => resolve({
      status: Number(/^HTTP\/1\.1 (\d{3})/.exec(received)?.[1] ?? 0), head: received.slice(0, received.indexOf('\r\n\r\n')),
    }))
  })
}
