import { handle } from '../http/handle.ts'

export default handle('putUsage', ({ app, body }) => app.license.setSeatsUsed(body.seats))
