import { handle } from '../../http/handle.ts'

export default handle('getSetup', async ({ app }) => ({ pending: await app.accounts.isSetupPending() }))
