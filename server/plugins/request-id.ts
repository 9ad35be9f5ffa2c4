import type { H3Event } from 'h3'
import { setResponseHeader } from 'h3'
import { defineNitroPlugin } from 'nitropack/runtime'
import { getBase } from '../runtime/app.ts'
import { isFromTrustedProxy } from '../http/peer.ts'
import { inRequest, requestIdOf } from '../runtime/request-context.ts'

declare module 'h3' {
  interface H3EventContext {
    /** See runtime/request-context.ts. */
    requestId: string
  }
}

const HEADER = 'x-request-id'

/** Gives every request an id before anything else sees it, and puts that id on every log line written while it is served. */
export default defineNitroPlugin(({ h3App }) => {
  const { handler } = h3App
  const { onError } = h3App.options
  h3App.handler = Object.assign((event: H3Event) => inRequest({ requestId: identify(event) }, () => {
    noteAtDebug(event)
    return handler(event)
  }), handler)
  if (onError) h3App.options.onError = (error, event) => inRequest({ requestId: event.context.requestId }, () => onError(error, event))
})

function identify(event: H3Event): string {
  const { req } = event.node
  // API calls made while a page is rendered, and the error page, belong to the visitor's one request.
  const internal = '__unenv__' in req
  const id = requestIdOf(req.headers[HEADER], internal || isFromTrustedProxy(event, getBase()?.config.trustProxy ?? []))
  req.headers[HEADER] = id
  event.context.requestId = id
  setResponseHeader(event, HEADER, id)
  return id
}

/** At `debug`, logs every request, without its query, which may contain anything. */
function noteAtDebug({ node: { req, res } }: H3Event): void {
  const base = getBase()
  if (base?.config.logLevel !== 'debug' || '__unenv__' in req) return
  const startedAt = performance.now()
  const [path] = (req.url ?? '').split('?')
  const { method } = req
  res.once('close', () => base.log.debug('request', { method, path, status: res.statusCode, ms: Math.round(performance.now() - startedAt) }))
}
