import { handle } from '../../http/handle.ts'
import { cookieScopeOf, setSessionCookie } from '../../http/session-cookie.ts'

export default handle('setup', async ({ app, body, event, peer }) => {
  await app.limits.use('setup', peer.network)
  const { token, identity } = await app.accounts.setUp(body, peer.address, peer.network)
  setSessionCookie(event, token, cookieScopeOf(app, peer))
  app.log.info('signed in', { account: identity.id, role: identity.role, address: peer.address })
  const { id, email, role } = identity
  return { user: { id, email, role } }
})
