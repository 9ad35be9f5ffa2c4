import { handle, requireIdentity } from '../../http/handle.ts'

export default handle('getLicense', ({ app, identity }) => app.license.view(requireIdentity(identity).role))
