import { judgeAnswers } from './api-client.ts'
import { driftOf } from './api-document.ts'

/* Fails any test that gets an answer other than the API's own OpenAPI document describes. */

judgeAnswers((asked, answer) => {
  const drift = driftOf(asked, answer)
  if (drift.length > 0) throw new Error(`the answer ${answer.status} to ${asked.method} ${asked.path} is not as /api/openapi.json says:\n${drift.join('\n')}`)
})
