import { handle } from '../../utils/handle.ts'

export default handle('getActivationRequest', ({ app }) => app.license.activationRequest())
