import { actorOf } from '../../http/caller.ts'
import { handle } from '../../http/handle.ts'

export default handle('deleteUser', context => context.app.accounts.remove(context.params.id, actorOf(context)))
