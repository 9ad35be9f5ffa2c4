import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { expect, it, onTestFinished, vi } from 'vitest'
import { createChangeListener } from '../../../server/storage/change-listener.ts'

// Nothing here ends because time has passed.
vi.mock(import('node:timers/promises'), async original => ({
  ...await original(),
  setTimeout: (_ms, _value, { signal } = {}) => new Promise((_resolve, reject) => {
    if (signal?.aborted) reject(new Error('aborted'))
    signal?.addEventListener('abort', () => reject(new Error('aborted')))
  }),
}))

it('ends at once while it is still connecting', async () => {
  const connected = Promise.withResolvers<Socket>()
  const silent = createServer(socket => connected.resolve(socket.resume())).listen(0, '127.0.0.1')
  onTestFinished(() => { silent.close() })
  await once(silent, 'listening')
  const connectionString = `postgres://somebody@127.0.0.1:${Object(silent.address()).port}/license`
  const listener = createChangeListener({ config: { connectionString }, schema: 'public', notify: () => new Promise(() => {}) })
  const socket = await connected.promise
  const left = once(socket, 'close')
  await listener.close()
  expect(listener.mark()).toBeUndefined()
  await left
})
