import type { IncomingMessage, ServerResponse } from 'node:http'
import type { EventHandler, H3Event } from 'h3'
import { createEvent } from 'h3'
import type { OperationName } from '../../shared/operations.ts'
import { OPERATIONS } from '../../shared/operations.ts'
import type { Base } from '../runtime/app.ts'
import { pathInside } from '../runtime/base-path.ts'
import { inRequest } from '../runtime/request-context.ts'
import { enterBasePath, identify, noteAtDebug, recognizePeer, setCommonHeaders } from './arrival.ts'
import { answerError } from './http-error.ts'

/*
 * The short way for what a host asks with every request of its own: the same steps, in the same order, and the same handlers as
 * the framework's way, without what only pages and files need. See docs/decisions/0008-answered-ahead.md.
 */

/** Answers a request that is one of these, and returns whether it was. */
export type Ahead = (req: IncomingMessage, res: ServerResponse) => boolean

type Params = Record<string, string>
interface Route { handler: EventHandler, params: Params }
type Lookup = (path: string) => Route | undefined

/** The handlers, which are all of a GET without a body, by the operations they carry out. */
export function createAhead(handlers: Partial<Record<OperationName, EventHandler>>, base: Base): Ahead {
  const lookups = Object.entries(handlers).map(([name, handler]) => lookupOf(OPERATIONS[name as OperationName].path, handler))
  const { basePath } = base.config
  return (req, res) => {
    if (req.method !== 'GET') return false
    const [path = ''] = pathInside(req.url ?? '/', basePath).split('?', 1)
    for (const lookup of lookups) {
      const route = lookup(path)
      if (!route) continue
      void answer(createEvent(req, res), route, base)
      return true
    }
    return false
  }
}

/** What needs decoding, or is no name of a feature, is left to the framework. */
const PLAIN = /^[\w-]{1,64}$/

function lookupOf(template: string, handler: EventHandler): Lookup {
  const at = template.indexOf('/:')
  const whole = { handler, params: {} }
  if (at < 0) return path => path === template ? whole : undefined
  const prefix = template.slice(0, at + 1)
  const name = template.slice(at + 2)
  return (path) => {
    if (!path.startsWith(prefix)) return undefined
    const value = path.slice(prefix.length)
    return PLAIN.test(value) ? { handler, params: { [name]: value } } : undefined
  }
}

function answer(event: H3Event, { handler, params }: Route, base: Base): Promise<void> {
  return inRequest({ requestId: identify(event, base) }, async () => {
    try {
      noteAtDebug(event, base)
      enterBasePath(event, base.config.basePath, base)
      setCommonHeaders(event, base)
      recognizePeer(event, base)
      event.context.params = params
      send(event, await handler(event))
    }
    catch (error) {
      if (!event.handled) send(event, answerError(event, error, base.refusals))
    }
  })
}

/** Sends what a handler returned, as h3 does. */
function send({ node: { res }, handled }: H3Event, result: unknown): void {
  if (handled) return
  if (result === null || result === undefined) {
    if (res.statusCode === 200) res.statusCode = 204
    res.end()
    return
  }
  if (!res.hasHeader('content-type')) res.setHeader('content-type', 'application/json')
  res.end(typeof result === 'string' ? result : JSON.stringify(result))
}
