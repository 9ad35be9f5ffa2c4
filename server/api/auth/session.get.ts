import { requirePerson } from '../../http/caller.ts'
import { handle } from '../../http/handle.ts'
import { sessionViewOf } from '../../http/views.ts'

export default handle('getSession', ({ identity }) => sessionViewOf(requirePerson(identity)))
