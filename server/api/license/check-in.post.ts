import { rulesOf } from '../../../shared/method-rules.ts'
import { actorOf, limitKeyOf } from '../../http/caller.ts'
import { handle } from '../../http/handle.ts'

export default handle('checkIn', async (context) => {
  const { app: { license }, limits } = context
  const { method } = license.view('admin')
  if (rulesOf(method)?.silent === false) await limits.use('checkIn', limitKeyOf(context.identity))
  await license.checkIn(actorOf(context))
  return license.view('admin')
})
