import { setResponseHeader } from 'h3'
import { handle } from '../utils/handle.ts'

export default handle('metrics', async ({ app, event }) => {
  const { type, text } = await app.metrics.render(app.license)
  setResponseHeader(event, 'content-type', type)
  return text
})
