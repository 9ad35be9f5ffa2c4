import { defineNitroPlugin } from 'nitropack/runtime'
import { setCommonHeaders } from '../http/arrival.ts'
import { getBase } from '../runtime/app.ts'

/** Sets the headers that every response carries. */
export default defineNitroPlugin((nitro) => {
  nitro.hooks.hook('request', event => setCommonHeaders(event, getBase()))
})
