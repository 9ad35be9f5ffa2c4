import { handle, requireIdentity } from '../../utils/handle.ts'

export default handle('getSession', ({ identity }) => {
  const { id, email, role } = requireIdentity(identity)
  return { user: { id, email, role } }
})
