import { handle } from '../../http/handle.ts'
import { replicasOf } from '../../http/replicas.ts'
import { diagnosticsViewOf } from '../../http/views.ts'

export default handle('getDiagnostics', async ({ app, identity }) => {
  const role = identity?.role ?? 'viewer'
  const [last, replicas] = await Promise.all([app.license.lastDiagnostics(), replicasOf(app, role)])
  return { last: last && diagnosticsViewOf(last, role), ...(replicas ? { replicas } : {}) }
})
