import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { H3Event } from 'h3'
import { createEvent } from 'h3'

/* Passes a request to a handler without a server. */

export interface HttpRequest {
  method?: string
  path?: string
  headers?: Record<string, string>
  /** The address the connection comes from. */
  from?: string
  /** Sent as JSON. */
  body?: unknown
}

export function createHttpEvent({ method = 'GET', path = '/', headers = {}, from = '192.0.2.7', body }: HttpRequest = {}): H3Event {
  const request = new IncomingMessage(new Socket())
  Object.defineProperty(request.socket, 'remoteAddress', { value: from })
  Object.assign(request, { method, url: path })
  Object.assign(request.headers, headers, body === undefined ? {} : { 'content-type': 'application/json' })
  if (body !== undefined) request.push(JSON.stringify(body))
  request.push(null)
  return createEvent(request, new ServerResponse(request))
}

/** The response headers so far, by lower-case name. */
export function headersOf(event: H3Event): Record<string, unknown> {
  return { ...event.node.res.getHeaders() }
}
