import { handle } from '../../utils/handle.ts'
import { setSessionCookie } from '../../utils/session-cookie.ts'

export default handle('setup', async ({ app, body, event, peer }) => {
  await app.limits.use('setup', peer.address)
  const { token, identity } = await app.accounts.setUp(body.token, body.email, body.password, peer.address)
  setSessionCookie(event, token, peer.origin)
  app.log.info('signed in', { account: identity.id, role: identity.role, address: peer.address })
  const { id, email, role } = identity
  return { user: { id, email, role } }
})
