import type { H3Event } from 'h3'
import { setResponseHeaders } from 'h3'
import type { FoldedLog } from '../runtime/folded-log.ts'
import { errorBodyOf } from './http-error.ts'

/**
 * Runs work that takes a while and answers with its result: as JSON or, if the client accepts server-sent events, as one event
 * `name` per step, followed by `done` with the result or `failed` with the error body. For administrators only.
 */
export async function answerWithSteps<Result>(
  event: H3Event, log: FoldedLog, name: string, work: (step: (data: unknown) => void) => Promise<Result>,
): Promise<Result | undefined> {
  if (!wantsEvents(event)) return work(() => undefined)
  await streamEvents(event, async (send) => {
    try {
      send('done', await work(data => send(name, data)))
    }
    catch (error) {
      send('failed', errorBodyOf(error, log, 'admin'))
    }
  })
  return undefined
}

function wantsEvents(event: H3Event): boolean {
  return /\btext\/event-stream\b/i.test(event.node.req.headers.accept ?? '')
}

/**
 * Streams events (WHATWG HTML §9.2) until `produce` resolves. If the client disconnects, the work still runs to its end. Writes
 * to the response directly, because h3's event stream ends once the request's body has been read, and waits for a client that
 * has gone.
 */
async function streamEvents(event: H3Event, produce: (send: (name: string, data: unknown) => void) => Promise<void>): Promise<void> {
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
