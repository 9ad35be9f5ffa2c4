/** A language's messages by name, as compile-words.ts writes them; the form of a compiled message is vue-i18n's business. */
export interface Words { [name: string]: Words | string }

/* Milliseconds. An attempt without an answer is given up after PATIENCE; pauses between attempts double up to the longest. */
const PATIENCE = 30_000
const FIRST_PAUSE = 500
const LONGEST_PAUSE = 15_000

/**
 * Fetches a language's words, retrying for as long as it takes; rejects only when `signal` is aborted. Uses `fetch` because
 * browsers may cache a failed `import()` for the life of the page.
 */
export async function fetchWords(address: string, signal?: AbortSignal): Promise<Words> {
  for (let failures = 0; ; failures++) {
    signal?.throwIfAborted()
    const words = await attempt(address, failures > 0, signal).catch(() => undefined)
    if (words) return words
    await pause(Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** failures), signal)
  }
}

async function attempt(address: string, isRepeated: boolean, signal: AbortSignal | undefined): Promise<Words | undefined> {
  const ending = new AbortController()
  const end = () => ending.abort()
  const timer = setTimeout(end, PATIENCE)
  signal?.addEventListener('abort', end)
  try {
    // The failure may come from a broken copy in some cache, so bypass caches when retrying.
    const response = await fetch(address, { signal: ending.signal, cache: isRepeated ? 'reload' : 'default' })
    const words: unknown = response.ok ? await response.json() : undefined
    return isWords(words) ? words : undefined
  }
  finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', end)
  }
}

/** Whether this is a language's file rather than, say, something a captive portal sent. */
export function isWords(value: unknown): value is Words {
  return typeof value === 'object' && value !== null && 'app' in value
}

/** Waits, but ends early when the network is back or `signal` is aborted. */
function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  // What is aborted already does not say so again.
  if (signal?.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      removeEventListener('online', end)
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    addEventListener('online', end)
    signal?.addEventListener('abort', end)
  })
}
