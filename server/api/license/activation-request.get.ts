import { handle } from '../../http/handle.ts'

export default handle('getActivationRequest', ({ app }) => app.license.activationRequest())
