import { handle } from '../../utils/handle.ts'

export default handle('ready', async ({ app }) => {
  await app.storage.ping()
  return { status: 'ok' }
})
