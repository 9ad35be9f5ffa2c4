import { handle, requirePerson } from '../../http/handle.ts'

export default handle('getSession', ({ identity }) => {
  const { id, email, role } = requirePerson(identity)
  return { user: { id, email, role } }
})
