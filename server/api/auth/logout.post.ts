import { handle } from '../../utils/handle.ts'
import { clearSessionCookies, cookieScopeOf } from '../../utils/session-cookie.ts'

export default handle('logout', async ({ event, app, peer }) => {
  for (const token of clearSessionCookies(event, cookieScopeOf(app, peer))) await app.accounts.signOut(token)
})
