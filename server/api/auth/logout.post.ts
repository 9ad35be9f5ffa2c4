import { handle } from '../../http/handle.ts'
import { clearSessionCookies, cookieScopeOf } from '../../http/session-cookie.ts'

export default handle('logout', async ({ event, app, peer }) => {
  for (const token of clearSessionCookies(event, cookieScopeOf(app, peer))) {
    const identity = await app.accounts.identify(token)
    await app.accounts.signOut(token)
    if (identity) app.log.info('signed out', { account: identity.id, address: peer.address })
  }
})
