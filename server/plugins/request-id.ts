import type { H3Event } from 'h3'
import { defineNitroPlugin } from 'nitropack/runtime'
import { identify, noteAtDebug, showId } from '../http/arrival.ts'
import { getBase } from '../runtime/app.ts'
import { inRequest } from '../runtime/request-context.ts'

/** Gives every request an id before anything else sees it, and puts that id on every log line written while it is served. */
export default defineNitroPlugin(({ h3App }) => {
  const { handler } = h3App
  const { onError } = h3App.options
  h3App.handler = Object.assign((event: H3Event) => inRequest({ requestId: identify(event, getBase()) }, () => {
    showId(event)
    noteAtDebug(event, getBase())
    return handler(event)
  }), handler)
  if (onError) h3App.options.onError = (error, event) => inRequest({ requestId: event.context.requestId }, () => onError(error, event))
})
