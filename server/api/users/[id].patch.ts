import { actorOf } from '../../http/caller.ts'
import { handle } from '../../http/handle.ts'

export default handle('updateUser', context =>
  context.app.accounts.update(context.params.id, context.body, actorOf(context), context.peer.network))
