import type { DiagnosticStage } from '../../../shared/contracts.ts'
import { rulesOf } from '../../../shared/method-rules.ts'
import { diagnose } from '../../license-server/diagnostics.ts'
import { limitKeyOf } from '../../http/caller.ts'
import { answerWithSteps } from '../../http/event-stream.ts'
import { handle } from '../../http/handle.ts'

export default handle('diagnose', async (context) => {
  const { app: { license, client, config, refusals }, limits, event } = context
  await limits.use('diagnostics', limitKeyOf(context.identity))
  return answerWithSteps(event, refusals, 'stage', async (report) => {
    const offline = rulesOf(license.view('admin').method)?.silent ?? false
    const stages: DiagnosticStage[] = []
    for await (const stage of diagnose({ client, proxyFor: config.proxyFor, now: () => license.moment().wall }, offline)) {
      stages.push(stage)
      report(stage)
    }
    return { ok: stages.every(({ result }) => result !== 'failed'), stages }
  })
})
