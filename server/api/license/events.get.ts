import { eventViewOf } from '../../utils/event-view.ts'
import { handle, requireIdentity } from '../../utils/handle.ts'

export default handle('listEvents', async ({ app, query, identity }) => {
  const { role } = requireIdentity(identity)
  const found = await app.license.listEvents(query)
  const events = found.map(event => eventViewOf(event, role))
  return { events, nextBefore: found.length === query.limit ? found.at(-1)?.id ?? null : null }
})
