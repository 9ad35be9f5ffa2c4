import { handle } from '../../http/handle.ts'
import { signInWithLimits } from '../../http/sign-in.ts'
import { sessionViewOf } from '../../http/views.ts'

export default handle('login', async ({ event, app, limits, body, peer }) =>
  sessionViewOf(await signInWithLimits(event, { ...app, limits }, peer, body)))
