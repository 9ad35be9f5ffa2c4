import { actorOf, handle, requireIdentity } from '../../utils/handle.ts'
import { setSessionCookie } from '../../utils/session-cookie.ts'

export default handle('changePassword', async (context) => {
  const { app, body, event, peer } = context
  const identity = requireIdentity(context.identity)
  await app.limits.use('password', identity.id)
  const { token } = await app.accounts.changeOwnPassword(identity, body.current, body.next, actorOf(context))
  setSessionCookie(event, token, peer.origin)
  const { id, email, role } = identity
  return { user: { id, email, role } }
})
