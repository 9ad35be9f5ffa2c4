import { handle } from '../../http/handle.ts'

export default handle('getOutbound', ({ app }) => ({ last: app.license.lastRequest() }))
