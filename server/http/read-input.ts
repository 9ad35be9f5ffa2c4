import type { IncomingMessage } from 'node:http'
import type { H3Event } from 'h3'
import { getQuery, getRouterParams } from 'h3'
import type { z } from 'zod'
import { LicenseError } from '../license/errors.ts'
import { ValidationError } from './http-error.ts'

/** Bytes. Longer than any license token, short enough to be harmless. */
const MAX_BODY = 16 * 1024
/** How much more of a body that is too long is read (bytes), and how long its sender may pause meanwhile (ms). */
const MOST_DROPPED = 1024 * 1024
const LONGEST_PAUSE = 1_000

/** Reads and validates a JSON body; an absent one counts as {}. Throws VALIDATION or PAYLOAD_TOO_LARGE. */
export async function readJsonBody<S extends z.ZodType>(event: H3Event, schema: S): Promise<z.infer<S>> {
  const text = await readText(event)
  if (text && !/^application\/json\b/i.test(event.node.req.headers['content-type'] ?? '')) {
    throw new ValidationError({ 'content-type': 'expected application/json' })
  }
  return validate(schema, text ? parseJson(text) : {})
}

const NO_QUERY = Object.freeze({})

/** Throws VALIDATION. */
export function readQuery<S extends z.ZodType>(event: H3Event, schema: S): z.infer<S> {
  return event.path.includes('?') ? validate(schema, getQuery(event)) : validateOnce(schema, NO_QUERY)
}

/** Throws VALIDATION. Frozen parameters need no decoding, and come again with other requests. */
export function readParams<S extends z.ZodType>(event: H3Event, schema: S): z.infer<S> {
  const { params } = event.context
  return params && Object.isFrozen(params) ? validateOnce(schema, params) : validate(schema, getRouterParams(event, { decode: true }))
}

/** Counts bytes as they arrive, because `Content-Length` may be absent or wrong. */
async function readText({ node: { req, res } }: H3Event): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    // By default, leaving the loop destroys the request. Nitro would then finish the response without a socket: an uncaught
    // exception.
    for await (const chunk of req.iterator({ destroyOnReturn: false })) {
      size += chunk.length
      if (size > MAX_BODY) break
      chunks.push(chunk)
    }
  }
  catch (error) {
    // Its sender has gone, which is no failure of ours.
    throw req.destroyed ? new ValidationError({ body: 'incomplete' }) : error
  }
  if (size <= MAX_BODY) return Buffer.concat(chunks).toString('utf8')
  // With the rest unread, the connection cannot be used again.
  if (!await dropRest(req)) res.setHeader('connection', 'close')
  throw new LicenseError('PAYLOAD_TOO_LARGE', { details: { limitBytes: MAX_BODY } })
}

/**
 * Reads on without keeping anything; resolves to whether that was all. A connection that is closed on bytes nobody has read is reset, and
 * many senders, proxies among them, then never see the answer.
 */
function dropRest(req: IncomingMessage): Promise<boolean> {
  if (req.readableEnded || req.destroyed) return Promise.resolve(req.readableEnded)
  return new Promise((resolve) => {
    let dropped = 0
    const stop = (all: boolean) => {
      clearTimeout(pause)
      req.off('data', drop).pause()
      resolve(all)
    }
    const pause = setTimeout(() => stop(false), LONGEST_PAUSE)
    function drop(chunk: Buffer) {
      pause.refresh()
      dropped += chunk.length
      if (dropped > MOST_DROPPED) stop(false)
    }
    req.once('end', () => stop(true)).once('close', () => stop(false)).on('data', drop).resume()
  })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  }
  catch {
    throw new ValidationError({ body: 'expected JSON' })
  }
}

/** What schemas made of objects that never change. */
const validated = new WeakMap<z.ZodType, WeakMap<object, unknown>>()

function validateOnce<S extends z.ZodType>(schema: S, value: object): z.infer<S> {
  const made = validated.get(schema) ?? new WeakMap<object, unknown>()
  validated.set(schema, made)
  if (!made.has(value)) made.set(value, Object.freeze(validate(schema, value)))
  return made.get(value) as z.infer<S>
}

function validate<S extends z.ZodType>(schema: S, value: unknown): z.infer<S> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  // Zod's messages may quote the input, so only the kind of problem is passed on.
  const fields = parsed.error.issues.map(issue => [issue.path.map(String).join('.') || 'body', issue.code])
  throw new ValidationError(Object.fromEntries(fields))
}
