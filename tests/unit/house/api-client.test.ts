import { expect, it } from 'vitest'
import { createApiClient } from '../../support/api-client.ts'
import { startDoor, startServer } from '../../support/vendor-door.ts'

/* What a test learns where the license view is refused. */

it('a license view that is refused fails with the answer, and is not taken for a view', async () => {
  const { url } = await startDoor({ status: 401, body: '{"data":{"code":"UNAUTHENTICATED"}}' })
  await expect(createApiClient(url).license()).rejects.toThrow('the license view was answered 401: {"data":{"code":"UNAUTHENTICATED"}}')
})

it('a wait for the license outlasts a refusal', async () => {
  let asked = 0
  const url = await startServer((_request, response) => response.writeHead(asked++ === 0 ? 503 : 200).end('{"state":"active"}'))
  expect(await createApiClient(url).waitFor(({ state }) => state === 'active')).toEqual({ state: 'active' })
  expect(asked).toBe(2)
})

it('a wait that a refusal outlasts fails with the answer', async () => {
  const { url } = await startDoor({ status: 503, body: 'no database' })
  await expect(createApiClient(url).waitFor(({ warnings }) => warnings.length === 0, 0)).rejects.toThrow('the license did not get there; last answered 503: no database')
})
