import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { H3Event } from 'h3'
import { appendResponseHeader, getRequestHeader, getRequestPath, getResponseHeader, setResponseHeader } from 'h3'
import { defineNitroPlugin } from 'nitropack/runtime'

const brotli = promisify(brotliCompress)
const compressGzip = promisify(gzip)

const CODINGS = {
  // A window of 128 KiB holds a whole page; with a larger one the same bytes cost more time.
  br: (text: string) => brotli(text, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 5, [constants.BROTLI_PARAM_LGWIN]: 17, [constants.BROTLI_PARAM_SIZE_HINT]: text.length,
    },
  }),
  gzip: (text: string) => compressGzip(text, { level: 6 }),
}

/** Compresses pages as they are sent. Assets were compressed by the build, and the API's answers are small. */
export default defineNitroPlugin((nitro) => {
  nitro.hooks.hook('beforeResponse', async (event, response) => {
    const text = textOf(event, response.body)
    if (text === undefined) return
    appendResponseHeader(event, 'vary', 'accept-encoding')
    const coding = codingFor(getRequestHeader(event, 'accept-encoding') ?? '')
    if (!coding) return
    response.body = await CODINGS[coding](text)
    setResponseHeader(event, 'content-encoding', coding)
  })
})

/** The text to compress; undefined for everything but pages. */
function textOf(event: H3Event, body: unknown): string | undefined {
  // The error page is rendered for the error handler, which reads it as text.
  if (typeof body !== 'string' || getRequestPath(event).startsWith('/__nuxt_error')) return undefined
  return String(getResponseHeader(event, 'content-type')).startsWith('text/html') ? body : undefined
}

/** The best coding that Accept-Encoding allows (RFC 9110 §12.5.3). A weight of 0 forbids one. */
function codingFor(accepted: string): keyof typeof CODINGS | undefined {
  const names = accepted.toLowerCase().split(',').flatMap((each) => {
    const [name = '', weight = ''] = each.split(';').map(part => part.trim())
    return /^q=0(\.0*)?$/.test(weight) ? [] : [name]
  })
  return (['br', 'gzip'] as const).find(coding => names.includes(coding))
}
