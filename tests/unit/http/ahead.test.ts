import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { createAhead } from '../../../server/http/ahead.ts'
import { Answer } from '../../../server/http/answer.ts'
import { createBase } from '../../support/running-app.ts'

const routes: Parameters<typeof createAhead>[0] = {
  checkFeature: { respond: event => Promise.resolve({ asked: event.context.params }) },
  getEntitlements: { respond: () => Promise.resolve(null) },
  getLicense: { respond: () => Promise.reject(new TypeError('a defect')) },
  listFeatures: { respond: () => Promise.resolve(new Answer(200, ['cache-control', 'private', 'content-type', 'text/plain'], 'naïve')) },
}

/** Whether the request is answered ahead of the framework; if so, with what, once its end has been sent. */
async function ask(url: string, { method = 'GET', env = {}, socket = new Socket() }: { method?: string, env?: Record<string, string>, socket?: Socket } = {}) {
  const { base, lines } = createBase(env)
  const request = Object.assign(new IncomingMessage(socket), { method, url })
  Object.assign(request.headers, { host: 'panel.example' })
  const response = new ServerResponse(request)
  let text = ''
  const ended = Promise.withResolvers<void>()
  let head: string[] = []
  response.writeHead = ((status: number, headers: string[]) => {
    Object.assign(response, { statusCode: status })
    head = headers
    return response
  }) as typeof response.writeHead
  response.end = ((chunk = '', encoding?: BufferEncoding) => {
    text = Buffer.from(chunk, encoding).toString()
    ended.resolve()
    return response
  }) as typeof response.end
  const taken = createAhead(routes, base)(request, response)
  if (taken) await ended.promise
  const headers = Object.fromEntries(head.flatMap((name, at) => at % 2 === 0 ? [[name, head[at + 1]]] : []))
  return { taken, status: response.statusCode, text, headers, lines }
}

describe('ahead of the framework', () => {
  it.each(['/api/features/sso', '/api/features/sso?deny=403', '/api/entitlements', '/api/license', '/api/license?x', 'http://panel.example/api/license'])('GET %s is answered', async (url) => {
    expect((await ask(url)).taken).toBe(true)
  })

  it.each([
    '/api/features/', '/api/features/sso/', '/api/features/s%73o', '/api/features/a.b', `/api/features/${'x'.repeat(65)}`, '/api/features/sso/x',
    '//api/license', '/api/license/', '/api/licenses', '/API/license', '/api/license/events', '/', '', '*', '/license/api/license',
  ])('GET %s is left to it', async (url) => {
    expect((await ask(url)).taken).toBe(false)
  })

  it.each(['HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'get'])('%s is left to it', async (method) => {
    expect((await ask('/api/license', { method })).taken).toBe(false)
  })

  it('a path is found with and without the base path', async () => {
    const env = { NC_PUBLIC_URL: 'https://nocodb.example.com/license/' }
    for (const url of ['/license/api/entitlements', '/api/entitlements']) expect((await ask(url, { env })).taken).toBe(true)
    expect((await ask('/other/api/entitlements', { env })).taken).toBe(false)
  })

  it('handlers get what the path says, and what they return is sent as JSON, or as nothing', async () => {
    expect(await ask('/api/features/audit-log')).toMatchObject({ status: 200, text: '{"asked":{"name":"audit-log"}}', headers: { 'content-type': 'application/json' } })
    const nothing = await ask('/api/entitlements')
    expect(nothing).toMatchObject({ status: 204, text: '' })
    expect(nothing.headers).not.toHaveProperty('content-type')
  })

  it('an answer is sent as it is, with its own headers and its length in bytes', async () => {
    const { status, text, headers } = await ask('/api/features')
    expect({ status, text }).toEqual({ status: 200, text: 'naïve' })
    for (const [url, told] of [['/api/features/sso', '{"asked":{"name":"sso"}}'], ['/api/features', 'naïve'], ['/api/features', 'naïve']] as const) {
      expect((await ask(url)).text).toBe(told)
    }
    expect(headers).toMatchObject({ 'cache-control': 'private', 'content-type': 'text/plain', 'content-length': '6', 'x-frame-options': 'DENY' })
  })

  it('each of several at once has an id of its own, in its header and in what is said of it', async () => {
    const answers = await Promise.all([1, 2, 3].map(() => ask('/api/license')))
    for (const { text, headers } of answers) expect(JSON.parse(text).data.requestId).toBe(headers['x-request-id'])
    expect(new Set(answers.map(({ headers }) => headers['x-request-id'])).size).toBe(3)
  })

  it('a defect is answered as everywhere: without its words, which are in the log', async () => {
    const { status, text, headers, lines } = await ask('/api/license')
    const { data } = JSON.parse(text)
    expect([status, data.code, data.requestId]).toEqual([500, 'INTERNAL', headers['x-request-id']])
    expect(headers['cache-control']).toBe('no-store')
    expect(text).not.toContain('defect')
    expect(lines).toMatchObject([{ level: 'error', msg: 'a request ended unexpectedly', cause: expect.stringContaining('a defect') }])
  })

  it('a defect before any handler is asked is answered, too', async () => {
    const socket = Object.defineProperty(new Socket(), 'remoteAddress', { get() { throw new TypeError('no address') } })
    const { status, text, headers } = await ask('/api/entitlements', { socket })
    expect([status, JSON.parse(text).data.code, headers['cache-control'], headers['x-frame-options']]).toEqual([500, 'INTERNAL', 'no-store', 'DENY'])
  })
})
