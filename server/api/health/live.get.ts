import { handle } from '../../utils/handle.ts'

export default handle('live', () => ({ status: 'ok' }))
