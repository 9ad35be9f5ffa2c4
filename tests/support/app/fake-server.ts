import { vi } from 'vitest'

export interface Call {
  method: string
  path: string
  body: unknown
  answer(body: unknown, status?: number, headers?: Record<string, string>): void
  /** Fails as it would without a connection. */
  fail(): void
}

/**
 * Replaces the browser's `fetch`: every call waits until the test answers it, in any order. Undo it with
 * `vi.unstubAllGlobals()`.
 */
export function fakeServer() {
  const calls: Call[] = []
  vi.stubGlobal('fetch', (path: string, { method = 'GET', body }: RequestInit = {}) => new Promise<Response>((resolve, reject) => {
    calls.push({
      method, path, body: typeof body === 'string' ? JSON.parse(body) : undefined,
      answer: (answer, status = 200, headers = {}) => resolve(new Response(
        status === 204 ? null : typeof answer === 'string' ? answer : JSON.stringify(answer), { status, headers })),
      fail: () => reject(new TypeError('Failed to fetch')),
    })
  }))
  /** The nth open call to a path, by default the newest. */
  function callTo(path: string, method = 'GET', nth = -1): Call {
    const found = calls.filter(call => call.path === path && call.method === method).at(nth)
    if (!found) throw new Error(`no ${method} ${path} among ${calls.map(call => `${call.method} ${call.path}`).join(', ') || 'no calls'}`)
    return found
  }
  return { calls, callTo }
}
