import { requireIdentity } from '../../http/caller.ts'
import { handle } from '../../http/handle.ts'
import { createSerializer } from '../../http/serialized.ts'

const serialized = { admin: createSerializer(), viewer: createSerializer() }

export default handle('getLicense', ({ app, event, identity }) => {
  const { role } = requireIdentity(identity)
  event.node.res.setHeader('content-type', 'application/json')
  return serialized[role](app.license.view(role)).text
})
