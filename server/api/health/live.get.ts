import { handle } from '../../http/handle.ts'

export default handle('live', () => ({ status: 'ok' }))
