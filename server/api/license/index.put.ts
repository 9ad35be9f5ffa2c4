import { actorOf, limitKeyOf } from '../../http/caller.ts'
import { answerWithSteps } from '../../http/event-stream.ts'
import { handle } from '../../http/handle.ts'
import { limitSave } from '../../http/rate-limits.ts'

export default handle('saveLicense', async (context) => {
  const { app: { license, refusals }, limits, body, event } = context
  const actor = actorOf(context)
  await limitSave(limits, license, limitKeyOf(context.identity), body.credential)
  return answerWithSteps(event, refusals, 'step', async (step) => {
    await license.save({ ...body, actor, onStep: name => step({ step: name }) })
    return license.view('admin')
  })
})
