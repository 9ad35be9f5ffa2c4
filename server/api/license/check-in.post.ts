import { actorOf, handle } from '../../utils/handle.ts'

export default handle('checkIn', async (context) => {
  const { app: { license, limits } } = context
  const actor = actorOf(context)
  const { method } = license.view('admin')
  if (method === 'standard' || method === 'airgapped') await limits.use('checkIn', actor.email)
  await license.checkIn(actor)
  return license.view('admin')
})
