import { actorOf } from '../../http/caller.ts'
import { handle } from '../../http/handle.ts'

export default handle('removeLicense', async (context) => {
  const { app: { license }, body } = context
  await license.remove({ ...body, actor: actorOf(context) })
  return license.view('admin')
})
