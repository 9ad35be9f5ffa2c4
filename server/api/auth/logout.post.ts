import { handle } from '../../utils/handle.ts'
import { clearSessionCookie, getSessionToken } from '../../utils/session-cookie.ts'

export default handle('logout', async ({ event, app, peer }) => {
  const token = getSessionToken(event)
  if (token !== undefined) {
    const identity = await app.accounts.identify(token)
    await app.accounts.signOut(token)
    if (identity) app.log.info('signed out', { account: identity.id, address: peer.address })
  }
  clearSessionCookie(event, peer.origin)
})
