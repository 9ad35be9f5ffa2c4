import { requireIdentity } from '../../http/caller.ts'
import { handle } from '../../http/handle.ts'
import { eventViewOf } from '../../http/views.ts'

export default handle('listEvents', async ({ app, query, identity }) => {
  const { role } = requireIdentity(identity)
  // Ask for one more, to know whether there is another page.
  const found = await app.license.listEvents({ ...query, limit: query.limit + 1 })
  const shown = found.slice(0, query.limit)
  return {
    events: shown.map(event => eventViewOf(event, role)),
    nextBefore: found.length > shown.length ? shown.at(-1)?.id ?? null : null,
  }
})
