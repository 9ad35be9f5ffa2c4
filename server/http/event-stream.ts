import type { H3Event } from 'h3'
import { setResponseHeaders } from 'h3'

/** Sends one event; does nothing once the client has gone: what it asked for is finished all the same. */
export type SendEvent = (name: string, data: unknown) => void

/** Whether the client asks for server-sent events rather than JSON. */
export function wantsEvents(event: H3Event): boolean {
  return /\btext\/event-stream\b/i.test(event.node.req.headers.accept ?? '')
}

/**
 * Takes what produces events; streams them (WHATWG HTML §9.2) and ends with it. Written to the response directly: h3's
 * own stream ends when the request's body has been read, and waits for a client that has gone.
 */
export async function streamEvents(event: H3Event, produce: (send: SendEvent) => Promise<void>): Promise<void> {
  const { res } = event.node
  setResponseHeaders(event, { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' })
  res.flushHeaders()
  try {
    await produce((name, data) => {
      if (!res.destroyed) res.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`)
    })
  }
  finally {
    res.end()
  }
}
