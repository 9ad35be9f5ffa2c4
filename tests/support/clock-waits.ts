import * as promises from 'node:timers/promises'

/**
 * `node:timers/promises` for a test with a fake clock, which leaves that module alone: what waits by its `setTimeout` waits by the global
 * one. For `vi.mock`.
 */
export function waitsByClock(): typeof promises {
  return { ...promises, setTimeout: Object(waitByClock) }
}

function waitByClock<T>(ms: number, value: T, { signal }: { signal?: AbortSignal } = {}): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = () => reject(new Error('the wait was ended'))
    if (signal?.aborted) return end()
    signal?.addEventListener('abort', end, { once: true })
    setTimeout(() => {
      signal?.removeEventListener('abort', end)
      resolve(value)
    }, ms)
  })
}
