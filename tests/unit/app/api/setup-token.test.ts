import { expect, it } from 'vitest'
import { setupTokenIn } from '../../../../app/api/setup-token.ts'

const TOKEN = 'AbC-123_def'

it.each([
  ['the token alone', TOKEN],
  ['the token with what was copied around it', ` ${TOKEN}\n`],
  ['the link', `http://localhost:3000/setup#token=${TOKEN}`],
  ['a line of the log', `nocodb-1 | create the first administrator before 2026-01-01T00:00:00.000Z: https://a.example/license/setup#token=${TOKEN}\n`],
  ['a line of the log in JSON', `{"level":"info","msg":"create: https://a.example/setup#token=${TOKEN}"}`],
])('the token is found in %s', (_what, text) => {
  expect(setupTokenIn(text)).toBe(TOKEN)
})

it.each(['', '   ', 'two words', 'http://localhost:3000/setup', 'http://localhost:3000/setup#token='])('there is none in %j', (text) => {
  expect(setupTokenIn(text)).toBe('')
})
