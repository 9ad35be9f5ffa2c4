import { setResponseHeader } from 'h3'
import { getApp, requireBase } from '../runtime/app.ts'
import { handle } from '../http/handle.ts'

/** Answers even while the database is away or has not been reached yet: that is when somebody looks. */
export default handle('metrics', async ({ event }) => {
  const app = getApp()
  const storageUp = app !== undefined && await app.storage.health.requireWritable().then(() => true, () => false)
  const { type, text } = await requireBase().metrics.render({ license: app?.license.view('viewer') ?? null, storageUp })
  setResponseHeader(event, 'content-type', type)
  return text
})
