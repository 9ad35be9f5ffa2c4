import { handle } from '../../utils/handle.ts'
import { clearSessionCookie, getSessionToken } from '../../utils/session-cookie.ts'

export default handle('logout', async ({ event, app, peer }) => {
  const token = getSessionToken(event)
  if (token !== undefined) await app.accounts.signOut(token)
  clearSessionCookie(event, peer.origin)
})
