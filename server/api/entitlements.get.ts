import { setResponseStatus } from 'h3'
import { handle } from '../http/handle.ts'
import { createSerializer } from '../http/serialized.ts'

/* Services get the lease besides. */
const forService = createSerializer()
const forSession = createSerializer()

export default handle('getEntitlements', ({ app, event, identity }) => {
  const isService = identity === undefined
  const { text, etag } = (isService ? forService : forSession)(app.license.entitlements(isService))
  const { res } = event.node
  res.setHeader('cache-control', 'private, no-cache')
  res.setHeader('etag', etag)
  res.setHeader('vary', 'Cookie, Authorization')
  if (!isKnown(etag, event.node.req.headers['if-none-match'])) {
    res.setHeader('content-type', 'application/json')
    return text
  }
  setResponseStatus(event, 304)
  return null
})

/** Whether the caller has this version already (RFC 9110 §13.1.2). */
function isKnown(etag: string, named = ''): boolean {
  if (named === etag) return true
  const known = named.split(',').map(tag => tag.trim().replace(/^W\//, ''))
  return known.includes(etag) || known.includes('*')
}
