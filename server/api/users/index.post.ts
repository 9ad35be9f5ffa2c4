import { actorOf, handle } from '../../utils/handle.ts'

export default handle('createUser', (context) => {
  const { email, password, role } = context.body
  return context.app.accounts.create(email, password, role, actorOf(context))
})
