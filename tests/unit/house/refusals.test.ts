import { createServer } from 'node:http'
import { once } from 'node:events'
import { beforeEach, expect, it, onTestFinished } from 'vitest'
import { createApiClient } from '../../support/api-client.ts'
import { forgetRefusals, nameRefusal } from '../../support/refusals.ts'

beforeEach(forgetRefusals)

async function refuse(): Promise<void> {
  const server = createServer((_request, response) => response.writeHead(409).end('{"data":{"code":"STALE"}}')).listen(0, '127.0.0.1')
  onTestFinished(() => { server.close() })
  await once(server, 'listening')
  await createApiClient(`http://127.0.0.1:${Object(server.address()).port}`).save('nc_key')
}

it('a test that finds nothing in an answer is told how the call was refused', async () => {
  const error = new TypeError('undefined is not iterable')
  await refuse()
  nameRefusal(error)
  expect(error.message).toBe('undefined is not iterable\nPUT /api/license was answered 409: {"data":{"code":"STALE"}}')
})

it('one that fails for another reason is not, and none where nothing was refused', async () => {
  const [assertion, early] = [new Error('expected 1 to be 2'), new TypeError('undefined is not iterable')]
  nameRefusal(early)
  await refuse()
  nameRefusal(assertion)
  expect([assertion.message, early.message]).toEqual(['expected 1 to be 2', 'undefined is not iterable'])
})
