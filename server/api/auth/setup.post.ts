import { handle } from '../../http/handle.ts'
import { cookieScopeOf, setSessionCookie } from '../../http/session-cookie.ts'
import { sessionViewOf } from '../../http/views.ts'

export default handle('setup', async ({ app, limits, body, event, peer }) => {
  await limits.use('setup', peer.network)
  const { token, identity } = await app.accounts.setUp(body, peer.address, peer.network)
  setSessionCookie(event, token, cookieScopeOf(app, peer))
  app.log.info('signed in', { account: identity.id, role: identity.role, address: peer.address })
  return sessionViewOf(identity)
})
