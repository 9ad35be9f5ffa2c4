import { handle } from '../../http/handle.ts'
import { signInWithLimits } from '../../http/sign-in.ts'

export default handle('login', async ({ event, app, body, peer }) => {
  const { email, role, id } = await signInWithLimits(event, app, peer, body)
  return { user: { id, email, role } }
})
