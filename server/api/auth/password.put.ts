import { actorOf, handle, requirePerson } from '../../http/handle.ts'
import { cookieScopeOf, setSessionCookie } from '../../http/session-cookie.ts'

export default handle('changePassword', async (context) => {
  const { app, body, event, peer } = context
  const identity = requirePerson(context.identity)
  await app.limits.use('password', identity.id)
  const { token } = await app.accounts.changeOwnPassword(identity, body, actorOf(context), peer.network)
  setSessionCookie(event, token, cookieScopeOf(app, peer))
  const { id, email, role } = identity
  return { user: { id, email, role } }
})
