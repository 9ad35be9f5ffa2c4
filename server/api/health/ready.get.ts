import { handle } from '../../utils/handle.ts'

export default handle('ready', async ({ app }) => {
  await app.storage.health.requireWritable()
  return { status: 'ok' }
})
