import { handle } from '../utils/handle.ts'

export default handle('putUsage', ({ app, body }) => app.license.setSeatsUsed(body.seats))
