import { setResponseHeaders } from 'h3'
import { defineNitroPlugin } from 'nitropack/runtime'

/** What every answer carries, whatever makes it; pages get their own policy with a nonce in its place. */
export default defineNitroPlugin((nitro) => {
  nitro.hooks.hook('request', (event) => {
    setResponseHeaders(event, {
      'content-security-policy': 'default-src \'none\'; frame-ancestors \'none\'',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    })
  })
})
