import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { fetchWords } from '../../../../app/words/fetch-words.ts'

const WORDS = { app: { name: 'NocoDB License' } }
const good = () => Promise.resolve(Response.json(WORDS))
const hang = (_address: unknown, init?: RequestInit) => new Promise<Response>((_resolve, reject) => {
  init?.signal?.addEventListener('abort', () => reject(new Error('aborted')))
})
const ask = vi.fn<typeof fetch>()
const window = new EventTarget()

beforeEach(() => {
  vi.useFakeTimers()
  ask.mockReset()
  vi.stubGlobal('fetch', ask)
  vi.stubGlobal('addEventListener', window.addEventListener.bind(window))
  vi.stubGlobal('removeEventListener', window.removeEventListener.bind(window))
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

test('words that arrive are asked for once', async () => {
  ask.mockImplementation(good)
  expect(await fetchWords('/en.json')).toEqual(WORDS)
  expect(ask).toHaveBeenCalledExactlyOnceWith('/en.json', expect.objectContaining({ cache: 'default' }))
})

test.each<[string, typeof fetch]>([
  ['a broken connection', () => Promise.reject(new TypeError('Failed to fetch'))],
  ['a 404', () => Promise.resolve(new Response('{"app":{}}', { status: 404 }))],
  ['a 502', () => Promise.resolve(new Response('', { status: 502 }))],
  ['the sign-in page of a network in between', () => Promise.resolve(new Response('<html>Welcome to our hotel</html>'))],
  ['half of the file', () => Promise.resolve(new Response('{"app":{"na'))],
  ['another file', () => Promise.resolve(Response.json({ code: 'NOT_FOUND' }))],
  ['null', () => Promise.resolve(Response.json(null))],
  ['silence', hang],
])('after %s they are asked for again, past every cache', async (_what, fault) => {
  ask.mockImplementationOnce(fault).mockImplementation(good)
  const words = fetchWords('/en.json')
  await vi.runAllTimersAsync()
  expect(await words).toEqual(WORDS)
  expect(ask.mock.calls.map(([, init]) => init?.cache)).toEqual(['default', 'reload'])
})

test('pauses grow, but stay within seconds; nobody gives up', async () => {
  ask.mockRejectedValue(new TypeError('Failed to fetch'))
  const times: number[] = []
  ask.mockImplementation(() => {
    times.push(Date.now())
    return Promise.reject(new TypeError('Failed to fetch'))
  })
  const startedAt = Date.now()
  void fetchWords('/en.json')
  await vi.advanceTimersByTimeAsync(120_000)
  expect(times.map(time => time - startedAt)).toEqual([0, 500, 1500, 3500, 7500, 15_500, 30_500, 45_500, 60_500, 75_500, 90_500, 105_500])
  ask.mockImplementation(good)
  await vi.advanceTimersByTimeAsync(15_000)
})

test('once the network is back nobody waits for the next turn', async () => {
  ask.mockRejectedValueOnce(new TypeError('Failed to fetch')).mockImplementation(good)
  const words = fetchWords('/en.json')
  await vi.advanceTimersByTimeAsync(0)
  window.dispatchEvent(new Event('online'))
  expect(await words).toEqual(WORDS)
  expect(vi.getTimerCount()).toBe(0)
})

test.each<[string, typeof fetch]>([['between two attempts', () => Promise.reject(new TypeError('Failed to fetch'))], ['in the middle of one', hang]])(
  'who no longer wants them ends it at once, %s', async (_what, fault) => {
    ask.mockImplementation(fault)
    const ending = new AbortController()
    const words = fetchWords('/en.json', ending.signal)
    const outcome = expect(words).rejects.toThrow()
    await vi.advanceTimersByTimeAsync(100)
    ending.abort()
    await vi.advanceTimersByTimeAsync(0)
    expect(vi.getTimerCount()).toBe(0)
    await outcome
    expect(ask).toHaveBeenCalledOnce()
  })
