import { Answer } from '../http/answer.ts'
import { handle } from '../http/handle.ts'
import { createSerializer } from '../http/serialized.ts'

/* Services get the lease besides. */
const forService = createSerializer()
const forSession = createSerializer()

export default handle('getEntitlements', ({ app, event, identity }) => {
  const isService = identity === undefined
  const { text, etag } = (isService ? forService : forSession)(app.license.entitlements(isService))
  const headers = ['cache-control', 'private, no-cache', 'etag', etag, 'vary', 'Cookie, Authorization']
  if (isKnown(etag, event.node.req.headers['if-none-match'])) return new Answer(304, headers, null)
  return new Answer(200, [...headers, 'content-type', 'application/json'], text)
})

/** Whether the caller has this version already (RFC 9110 §13.1.2). */
function isKnown(etag: string, named = ''): boolean {
  if (named === etag) return true
  const known = named.split(',').map(tag => tag.trim().replace(/^W\//, ''))
  return known.includes(etag) || known.includes('*')
}
