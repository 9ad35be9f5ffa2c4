import { handle } from '../../http/handle.ts'

export default handle('listFeatures', ({ app }) => ({ features: app.license.features() }))
