import { handle } from '../../utils/handle.ts'

export default handle('getOutbound', ({ app }) => ({ last: app.license.lastRequest() }))
