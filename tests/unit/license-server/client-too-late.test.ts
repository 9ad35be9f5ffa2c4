import { createServer } from 'node:http'
import { once } from 'node:events'
import { expect, it, onTestFinished } from 'vitest'
import { createLicenseServerClient } from '../../../server/license-server/client.ts'

it('F91: a call that may no longer be made when the way is open sends nothing, and another one after it does', async () => {
  const received: string[] = []
  let connections = 0
  const server = createServer((req, res) => {
    received.push(req.url ?? '')
    res.end('{}')
  })
  server.on('connection', () => connections++)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port was given')
  const client = createLicenseServerClient({ baseUrl: `http://127.0.0.1:${address.port}`, version: '1.2.3', proxyFor: () => '' })
  const call = client.deactivate({ lease: 'a.lease.sig', secret: 'secret', nonce: 'n' })
  expect(await call.send(undefined, () => false)).toMatchObject({ ok: false, answered: false })
  expect([connections, received]).toEqual([1, []])
  await call.send(undefined, () => true)
  expect(received).toEqual(['/api/v1/licenses/deactivate'])
})
