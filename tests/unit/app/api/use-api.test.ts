import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { useAddress, useApi } from '../../../../app/api/use-api.ts'
import { fakeServer } from '../../../support/app/fake-server.ts'
import { openFreshPage } from '../../../support/app/nuxt-imports.ts'

let server: ReturnType<typeof fakeServer>
beforeEach(() => { server = fakeServer() })
afterEach(() => vi.unstubAllGlobals())

const WAYS: [string, (api: ReturnType<typeof useApi>) => Promise<unknown>, string][] = [
  ['a call', api => api.call('/api/license'), '/api/license'],
  ['a call with a query', api => api.call('/api/license/events', { query: { limit: 50, kind: undefined } }), '/api/license/events?limit=50'],
  ['a call with a body', api => api.call('/api/license/check-in', { method: 'POST', body: {} }), '/api/license/check-in'],
  ['a call whose steps are told', api => api.stream('/api/license', { method: 'PUT' }, () => {}), '/api/license'],
]

describe.each([['at the root', '/', ''], ['below a base path', '/nocodb/', '/nocodb'], ['below a base path without its slash', '/a/b', '/a/b']])('%s', (_where, baseURL, prefix) => {
  beforeEach(() => openFreshPage('en', baseURL))

  it.each(WAYS)('%s goes to this server, and nowhere else', async (_what, ask, path) => {
    const asked = ask(useApi())
    expect(server.calls.map(call => call.path)).toEqual([prefix + path])
    server.calls[0]?.fail()
    await asked
  })

  it('so do plain links', () => expect(useAddress()('/login')).toBe(`${prefix}/login`))
})

it.each(WAYS)('%s on a connection that has gone silent ends as one that this server did not answer', async (_what, ask) => {
  const limit = new AbortController()
  const given = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(limit.signal)
  onTestFinished(() => given.mockRestore())
  openFreshPage()
  vi.stubGlobal('fetch', (_path: string, { signal }: RequestInit) => new Promise((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(new DOMException('timed out', 'TimeoutError')))
  }))
  const asked = ask(useApi())
  limit.abort()
  expect(await asked).toMatchObject({ ok: false, failure: { code: 'UNREACHABLE' } })
  expect(given.mock.calls).toEqual([[90_000]])
})
