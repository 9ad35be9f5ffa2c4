import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { started } from './network/routes.ts'

export interface Received { method: string, path: string, headers: IncomingMessage['headers'], body: string }

export interface Answer { status?: number, headers?: Record<string, string>, body?: string | Buffer }

/** Starts a server that records requests and always gives the same response; ends with the test. */
export async function startDoor(answer: Answer = {}): Promise<{ url: string, received: Received[] }> {
  const received: Received[] = []
  const url = await startServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    received.push({ method: request.method ?? '', path: request.url ?? '', headers: request.headers, body })
    response.writeHead(answer.status ?? 200, { 'content-type': 'application/json', ...answer.headers }).end(answer.body ?? '{}')
  })
  return { url, received }
}

/** Starts a plain server; ends with the test. Returns its address. */
export async function startServer(listener: (request: IncomingMessage, response: ServerResponse) => unknown): Promise<string> {
  return `http://127.0.0.1:${await started(createServer(listener as RequestListener))}`
}
