import { defineNitroPlugin } from 'nitropack/runtime'
import { recognizePeer } from '../http/arrival.ts'
import { getBase } from '../runtime/app.ts'

/**
 * Works out the peer once per request, from its connection. A page that is being rendered calls the API in this process, without
 * a connection. Such a call takes over its visitor's peer, whose scheme decides the name of the session cookie.
 */
export default defineNitroPlugin((nitro) => {
  nitro.hooks.hook('request', (event) => {
    const base = getBase()
    if (base) recognizePeer(event, base)
    // Nitro passes `_platform` on to calls within the process.
    event.context._platform = { ...event.context._platform, peer: event.context.peer }
  })
})
