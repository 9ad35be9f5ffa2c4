import { actorOf, requirePerson } from '../../http/caller.ts'
import { handle } from '../../http/handle.ts'
import { cookieScopeOf, setSessionCookie } from '../../http/session-cookie.ts'
import { sessionViewOf } from '../../http/views.ts'

export default handle('changePassword', async (context) => {
  const { app, limits, body, event, peer } = context
  const identity = requirePerson(context.identity)
  await limits.use('password', identity.id)
  const { token } = await app.accounts.changeOwnPassword(identity, body, actorOf(context), peer.network)
  setSessionCookie(event, token, cookieScopeOf(app, peer))
  return sessionViewOf(identity)
})
