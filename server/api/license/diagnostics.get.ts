import { handle } from '../../http/handle.ts'
import { diagnosticsViewOf } from '../../http/views.ts'

export default handle('getDiagnostics', async ({ app: { license }, identity }) => {
  const last = await license.lastDiagnostics()
  return { last: last && diagnosticsViewOf(last, identity?.role ?? 'viewer') }
})
