import { Answer } from '../../http/answer.ts'
import { requireIdentity } from '../../http/caller.ts'
import { handle, UNKEPT } from '../../http/handle.ts'
import { createSerializer } from '../../http/serialized.ts'

const serialized = { admin: createSerializer(), viewer: createSerializer() }
const HEADERS = [...UNKEPT, 'content-type', 'application/json']

export default handle('getLicense', ({ app, identity }) => {
  const { role } = requireIdentity(identity)
  return new Answer(200, HEADERS, serialized[role](app.license.view(role)).text)
})
