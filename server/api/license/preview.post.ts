import { handle, requireIdentity } from '../../utils/handle.ts'

export default handle('previewLicense', async ({ app: { license, limits }, body, identity }) => {
  await limits.use('token', requireIdentity(identity).email)
  return license.preview(body.credential)
})
