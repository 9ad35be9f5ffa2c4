import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { createServer } from 'node:net'
import { onTestFinished } from 'vitest'
import { startProxy, started } from '../support/network/routes.ts'

/** Accepts connections and greets each as told, until the test ends. Resolves to the port. */
export async function listen(greet: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    greet(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return Object(server.address()).port
}

/** A proxy that lets everything through. */
export async function tunnelling(): Promise<string> {
  return (await startProxy()).url
}

/** Answers every request in place of the license server. Resolves to its address. */
export async function answering(answer: RequestListener): Promise<string> {
  return `http://127.0.0.1:${await started(createHttpServer(answer))}`
}

/** Answers with that status, body and headers. */
export function say(status: number, body: string, headers: Record<string, string> = {}): RequestListener {
  return (_request: IncomingMessage, response: ServerResponse) => void response.writeHead(status, headers).end(body)
}
