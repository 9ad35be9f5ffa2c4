import { setResponseStatus } from 'h3'
import { LicenseError } from '../../license/errors.ts'
import { handle } from '../../http/handle.ts'
import { answerError } from '../../http/http-error.ts'

export default handle('checkFeature', ({ app, event, params, query }) => {
  if (app.license.hasFeature(params.name)) return null
  const { state } = app.license.moment()
  const refusal = new LicenseError('FEATURE_NOT_LICENSED', { details: { state, feature: params.name } })
  if (query.deny !== '403') throw refusal
  const body = answerError(event, refusal)
  setResponseStatus(event, 403)
  return { ...body, statusCode: 403 }
})
