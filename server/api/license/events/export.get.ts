import { requireIdentity } from '../../../http/caller.ts'
import { sendExport } from '../../../http/event-export.ts'
import { handle } from '../../../http/handle.ts'
import { eventViewOf } from '../../../http/views.ts'

const PAGE = 500

export default handle('exportEvents', async ({ app: { license, refusals }, event, query: { format, kind }, identity }) => {
  const { role } = requireIdentity(identity)
  await sendExport(event, refusals, {
    format, name: `nocodb-activity-${license.instanceId.slice(0, 8)}`,
    async read(before) {
      const page = await license.listEvents({ limit: PAGE, ...(before === undefined ? {} : { before }), ...(kind ? { kind } : {}) })
      return page.map(each => eventViewOf(each, role))
    },
  })
})
