import { handle, requireIdentity } from '../../utils/handle.ts'

export default handle('getLicense', ({ app, identity }) => app.license.view(requireIdentity(identity).role))
