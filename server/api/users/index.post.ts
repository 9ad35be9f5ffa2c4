import { actorOf } from '../../http/caller.ts'
import { handle } from '../../http/handle.ts'

export default handle('createUser', context =>
  context.app.accounts.create(context.body, actorOf(context), context.peer.network))
