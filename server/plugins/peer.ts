import { defineNitroPlugin } from 'nitropack/runtime'
import { getBase } from '../runtime/app.ts'
import { createForwardedHint, peerOf } from '../http/peer.ts'

const hint = createForwardedHint()

/**
 * Looks at who asks once, on the connection they came by. A page that is rendered calls the API in this process, without a
 * connection: such a call is its visitor's, and finds the session cookie under the name that fits the visitor's scheme.
 */
export default defineNitroPlugin((nitro) => {
  nitro.hooks.hook('request', (event) => {
    const base = getBase()
    if (base && !event.context.peer) {
      event.context.peer = peerOf(event, base.config)
      hint(event, base.config.trustProxy, base.log)
    }
    // What stands here is handed on to calls within the process.
    event.context._platform = { ...event.context._platform, peer: event.context.peer }
  })
})
