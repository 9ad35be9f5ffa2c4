import { limitKeyOf } from '../../http/caller.ts'
import { handle } from '../../http/handle.ts'

export default handle('previewLicense', async ({ app: { license }, limits, body, identity }) => {
  await limits.use('token', limitKeyOf(identity))
  return license.preview(body.credential)
})
