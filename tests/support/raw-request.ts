import { connect } from 'node:net'

/* A request as its bytes are written here: no client in between that would mend or refuse it. */

export interface RawAnswer { status: number, head: string }

/** Takes a port and a request; resolves to its answer's status (0: none came) and head. */
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
