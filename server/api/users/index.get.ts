import { handle } from '../../http/handle.ts'

export default handle('listUsers', async ({ app }) => ({ users: await app.accounts.list() }))
