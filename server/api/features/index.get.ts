import { handle } from '../../utils/handle.ts'

export default handle('listFeatures', ({ app }) => ({ features: app.license.features() }))
