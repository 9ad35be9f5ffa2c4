import type { IncomingMessage, ServerResponse } from 'node:http'
import type { H3Event } from 'h3'
import { createEvent } from 'h3'
import { LRUCache } from 'lru-cache'
import type { OperationName } from '../../shared/operations.ts'
import { OPERATIONS } from '../../shared/operations.ts'
import type { Base } from '../runtime/app.ts'
import { pathInside } from '../runtime/base-path.ts'
import { inRequest } from '../runtime/request-context.ts'
import { Answer } from './answer.ts'
import { enterBasePath, identify, normalizeRequest, noteAtDebug, recognizePeer, sendWhole } from './arrival.ts'
import type { Route } from './handle.ts'
import { UNKEPT } from './handle.ts'
import { answerError } from './http-error.ts'

/*
 * The short way for what a host asks with every request of its own: the same steps, in the same order, and the same handlers as
 * the framework's way, without what only pages and files need. See docs/decisions/0008-answered-ahead.md.
 */

/** Answers a request that is one of these, and returns whether it was. */
export type Ahead = (req: IncomingMessage, res: ServerResponse) => boolean

type Respond = Route['respond']
interface Found { respond: Respond, params: Record<string, string> }
type Lookup = (path: string) => Found | undefined

/** The routes, which are all of a GET without a body, by the operations they carry out. */
export function createAhead(routes: Partial<Record<OperationName, Pick<Route, 'respond'>>>, base: Base): Ahead {
  const lookups = Object.entries(routes).map(([name, { respond }]) => lookupOf(OPERATIONS[name as OperationName].path, respond))
  const { basePath } = base.config
  return (req, res) => {
    if (req.method !== 'GET') return false
    const [path = ''] = pathInside(req.url ?? '/', basePath).split('?', 1)
    for (const lookup of lookups) {
      const found = lookup(path)
      if (!found) continue
      void answer(createEvent(req, res), found, base)
      return true
    }
    return false
  }
}

/** What needs decoding, or is no name of a feature, is left to the framework. */
const PLAIN = /^[\w-]{1,64}$/
/** How many names are remembered, so that each is judged once. */
const MOST_KNOWN = 100

function lookupOf(template: string, respond: Respond): Lookup {
  const at = template.indexOf('/:')
  const whole = { respond, params: Object.freeze({}) }
  if (at < 0) return path => path === template ? whole : undefined
  const prefix = template.slice(0, at + 1)
  const name = template.slice(at + 2)
  const lately = new LRUCache<string, Found>({ max: MOST_KNOWN })
  return (path) => {
    if (!path.startsWith(prefix)) return undefined
    const value = path.slice(prefix.length)
    const known = lately.get(value)
    if (known || !PLAIN.test(value)) return known
    const found = { respond, params: Object.freeze({ [name]: value }) }
    lately.set(value, found)
    return found
  }
}

function answer(event: H3Event, { respond, params }: Found, base: Base): Promise<void> {
  return inRequest({ requestId: identify(event, base) }, async () => {
    let result: unknown
    try {
      noteAtDebug(event, base)
      enterBasePath(event, base.config.basePath, base)
      normalizeRequest(event.node.req)
      recognizePeer(event, base)
      event.context.params = params
      result = await respond(event)
    }
    catch (error) {
      result = answerError(event, error, base.refusals)
    }
    if (!event.handled) sendWhole(event, result instanceof Answer ? result : answerWith(result, event.node.res.statusCode))
  })
}

/** What h3 makes of what a handler returned. */
function answerWith(result: unknown, status: number): Answer {
  if (result === null || result === undefined) return new Answer(status === 200 ? 204 : status, UNKEPT, null)
  return new Answer(status, [...UNKEPT, 'content-type', 'application/json'], JSON.stringify(result))
}
