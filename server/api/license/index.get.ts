import { requireIdentity } from '../../http/caller.ts'
import { handle } from '../../http/handle.ts'

export default handle('getLicense', ({ app, identity }) => app.license.view(requireIdentity(identity).role))
