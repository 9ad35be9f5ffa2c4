import { actorOf, limitKeyOf } from '../../http/caller.ts'
import { handle } from '../../http/handle.ts'

export default handle('putBack', async (context) => {
  const { app: { license }, limits, body } = context
  // It costs what a token does: a signature check, and no call.
  await limits.use('token', limitKeyOf(context.identity))
  await license.putBack({ ...body, actor: actorOf(context) })
  return license.view('admin')
})
