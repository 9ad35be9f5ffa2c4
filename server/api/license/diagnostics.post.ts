import type { DiagnosticStage } from '../../../shared/contracts.ts'
import { concludeDiagnostics, diagnose } from '../../license-server/diagnostics.ts'
import { limitKeyOf } from '../../http/caller.ts'
import { answerWithSteps } from '../../http/event-stream.ts'
import { handle } from '../../http/handle.ts'
import { replicasOf } from '../../http/replicas.ts'
import { diagnosticsOf } from '../../runtime/diagnosing.ts'

export default handle('diagnose', async (context) => {
  const { app, limits, event } = context
  await limits.use('diagnostics', limitKeyOf(context.identity))
  return answerWithSteps(event, app.refusals, 'stage', async (report) => {
    const options = diagnosticsOf(app)
    const stages: DiagnosticStage[] = []
    for await (const stage of diagnose(options)) {
      stages.push(stage)
      report(stage)
    }
    const result = concludeDiagnostics(stages, options.now())
    // Without the database there is no keeping it; the caller has it all the same.
    await app.license.keepDiagnostics(result).catch(() => undefined)
    const replicas = await replicasOf(app, context.identity?.role ?? 'viewer')
    return { ...result, ...(replicas ? { replicas } : {}) }
  })
})
