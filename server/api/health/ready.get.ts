import { hasServiceToken } from '../../http/caller.ts'
import { handle } from '../../http/handle.ts'

export default handle('ready', async ({ app, event }) => {
  await app.storage.health.requireWritable()
  const { version, commit } = app.build
  return { status: 'ok', ...(hasServiceToken(event) ? { version, commit } : {}) }
})
