import { handle } from '../../http/handle.ts'

export default handle('listCheckIns', async ({ app, query }) => ({ days: await app.license.listCheckInDays(query.days) }))
