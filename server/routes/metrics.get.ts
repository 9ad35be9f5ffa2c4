import { setResponseHeader } from 'h3'
import { getApp, getBase } from '../utils/composition.ts'
import { handle } from '../utils/handle.ts'
import { isStorageUp } from '../utils/storage-up.ts'

/** Answers also while the database is away, or has not been reached yet: that is when somebody looks. */
export default handle('metrics', async ({ event }) => {
  const app = getApp()
  const answer = await getBase()?.metrics.render({ license: app?.license.view('viewer') ?? null, storageUp: await isStorageUp(app?.storage) })
  setResponseHeader(event, 'content-type', answer?.type ?? 'text/plain')
  return answer?.text ?? ''
})
