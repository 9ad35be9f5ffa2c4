import { createHash } from 'node:crypto'
import { setResponseHeaders, setResponseStatus } from 'h3'
import { handle } from '../http/handle.ts'

export default handle('getEntitlements', ({ app, event, identity }) => {
  const entitlements = app.license.entitlements(identity === undefined)
  // `serverTime` is different in every answer and says nothing about the license, so it stays out of the tag.
  const { serverTime: _, ...lasting } = entitlements
  const etag = `"${createHash('sha256').update(JSON.stringify(lasting)).digest('base64url').slice(0, 27)}"`
  setResponseHeaders(event, { 'cache-control': 'private, no-cache', etag, 'vary': 'Cookie, Authorization' })
  const known = (event.node.req.headers['if-none-match'] ?? '').split(',').map(tag => tag.trim().replace(/^W\//, ''))
  if (!known.includes(etag) && !known.includes('*')) return entitlements
  setResponseStatus(event, 304)
  return null
})
