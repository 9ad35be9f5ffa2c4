import { actorOf, handle, limitKeyOf } from '../../http/handle.ts'
import { answerWithSteps } from '../../http/answer-with-steps.ts'
import { limitSave } from '../../http/limit-save.ts'

export default handle('saveLicense', async (context) => {
  const { app: { license, limits, refusals }, body, event } = context
  const actor = actorOf(context)
  await limitSave(limits, license, limitKeyOf(context.identity), body.credential)
  return answerWithSteps(event, refusals, 'step', async (step) => {
    await license.save({ ...body, actor, onStep: name => step({ step: name }) })
    return license.view('admin')
  })
})
