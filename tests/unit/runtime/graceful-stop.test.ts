import { once } from 'node:events'
import type { RequestListener, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { connect } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createGracefulStop } from '../../../server/runtime/graceful-stop.ts'

/** Longer than any test: one that waits for it fails. */
const LONG = 600_000

/** A server, and a connection to it that stays open. */
async function serving(listener: RequestListener) {
  // Node itself ends no connection that has become idle.
  const server = createServer({ keepAliveTimeout: LONG }, (request, response) => {
    gracefully.tellLast(response)
    listener(request, response)
  })
  const gracefully = createGracefulStop(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const socket: Socket = connect(port, '127.0.0.1')
  onTestFinished(() => {
    socket.destroy()
    server.closeAllConnections()
  })
  socket.resume()
  await once(socket, 'connect')
  const ended = once(socket, 'close')
  const ask = () => socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  const heard = async () => String((await once(socket, 'data'))[0])
  return { ...gracefully, server, port, ended, ask, heard }
}

/** Answers when it is told to. */
function held() {
  const responses: ServerResponse[] = []
  return { responses, listener: (_: unknown, response: ServerResponse) => void responses.push(response) }
}

describe('a server that is stopped', () => {
  it('answers what is under way, and then ends the connection', async () => {
    const { responses, listener } = held()
    const { server, ask, heard, ended, stop } = await serving(listener)
    ask()
    await once(server, 'request')
    const stopped = stop(LONG)
    const answer = heard()
    responses[0]?.end('done')
    expect(await answer).toContain('done')
    await Promise.all([stopped, ended])
  })

  it('says on a connection that is in use that the next answer is its last', async () => {
    const { responses, listener } = held()
    const { server, ask, heard, ended, stop } = await serving(listener)
    ask()
    await once(server, 'request')
    const stopped = stop(LONG)
    // Sent before the first one is answered.
    ask()
    const first = heard()
    responses[0]?.end('first')
    expect(await first).toMatch(/connection: keep-alive/i)
    await expect.poll(() => responses.length).toBe(2)
    const second = heard()
    responses[1]?.end('second')
    expect(await second).toMatch(/connection: close/i)
    await Promise.all([stopped, ended])
  })

  it('ends at once where nothing is under way, and takes nobody any more', async () => {
    const { port, ended, stop } = await serving((_, response) => response.end())
    await stop(LONG)
    await ended
    const [error] = await once(connect(port, '127.0.0.1'), 'error') as [NodeJS.ErrnoException]
    expect(error.code).toBe('ECONNREFUSED')
  })

  it('cuts off what does not end in time', async () => {
    const { server, ask, ended, stop } = await serving((_, response) => response.write('for ever'))
    ask()
    await once(server, 'request')
    await stop(100)
    await ended
  })
})
