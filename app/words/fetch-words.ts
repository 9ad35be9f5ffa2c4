/** A language's messages by name, as app/words/compile-words.ts leaves them; what one looks like inside is vue-i18n's matter. */
export interface Words { [name: string]: Words | string }

/* Milliseconds: an attempt that says nothing is given up; pauses between attempts double up to the longest. */
const PATIENCE = 30_000
const FIRST_PAUSE = 500
const LONGEST_PAUSE = 15_000

/**
 * Fetches a language's words, trying again for as long as it takes; rejects only once `signal` is aborted. By `fetch`, because
 * a browser may remember a failed `import()` for the life of the page.
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
    // What failed may be a broken copy in a cache on the way: it is not asked again.
    const response = await fetch(address, { signal: ending.signal, cache: isRepeated ? 'reload' : 'default' })
    const words: unknown = response.ok ? await response.json() : undefined
    return isWords(words) ? words : undefined
  }
  finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', end)
  }
}

/** Whether this is a language's file; a sign-in page of the network in between, say, is not. */
export function isWords(value: unknown): value is Words {
  return typeof value === 'object' && value !== null && 'app' in value
}

/** Ends early when the network is back, and when nobody waits any more. */
function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
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
