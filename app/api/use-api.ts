import { useRequestEvent, useRuntimeConfig } from '#imports'
import { readEvents } from './event-stream'
import type { StreamEvent } from './event-stream'
import { toFailure, UNREACHABLE } from './failure'
import type { Failure, Result } from './failure'
import { parseAnswer } from './parse-answer'

type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
interface CallOptions {
  method?: HttpMethod
  body?: Record<string, unknown>
  query?: Record<string, string | number | undefined>
}

type Fetch = (path: string, init: RequestInit) => Promise<Response>

/**
 * Milliseconds that a call may take: more than the slowest of ours, diagnostics of which every stage takes all its time. A connection
 * that went silent without being closed would keep the page waiting for as long as the system sends again, a quarter of an hour.
 */
const PATIENCE = 90_000

function withQuery(path: string, query: CallOptions['query'] = {}): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value))
  return search.size > 0 ? `${path}?${search}` : path
}

async function failureOf(response: Response): Promise<Failure> {
  const body = await response.text().then(parseAnswer<unknown>).catch(() => undefined)
  return toFailure(body, response.status, response.headers.get('retry-after'))
}

/** Prefixes a path with the base path, for whatever bypasses the router: API calls, plain links, full page loads. */
export function useAddress() {
  const base = useRuntimeConfig().app.baseURL.replace(/\/$/, '')
  return (path: string) => base + path
}

/** Calls this server's API: in process with the visitor's cookies during server rendering, else over the network. Never throws. */
export function useApi() {
  const event = useRequestEvent()
  const address = useAddress()
  const ask: Fetch = (path, init) => fetch(address(path), { ...init, signal: AbortSignal.timeout(PATIENCE) })
  const send: Fetch = (path, init) => event ? event.fetch(path, init) : ask(path, init)

  async function call<T>(path: string, options: CallOptions = {}): Promise<Result<T>> {
    try {
      const response = await send(withQuery(path, options.query), {
        method: options.method ?? 'GET',
        headers: { accept: 'application/json', ...(options.body ? { 'content-type': 'application/json' } : {}) },
        ...(options.body ? { body: JSON.stringify(options.body) } : {}),
      })
      if (!response.ok) return { ok: false, failure: await failureOf(response) }
      return { ok: true, value: parseAnswer<T>(response.status === 204 ? 'null' : await response.text()) }
    }
    catch {
      return { ok: false, failure: UNREACHABLE }
    }
  }

  /** Passes server-sent events to `onEvent`; resolves to what `done` or `failed` says, or to the body of a JSON response. */
  async function stream<T>(
    path: string, options: CallOptions, onEvent: (event: StreamEvent) => void,
  ): Promise<Result<T>> {
    try {
      const response = await ask(path, {
        method: options.method ?? 'POST',
        headers: { 'accept': 'text/event-stream, application/json;q=0.9', 'content-type': 'application/json' },
        body: JSON.stringify(options.body ?? {}),
      })
      if (!response.ok) return { ok: false, failure: await failureOf(response) }
      if (!response.headers.get('content-type')?.startsWith('text/event-stream') || !response.body) {
        return { ok: true, value: parseAnswer<T>(await response.text()) }
      }
      for await (const event of readEvents(response.body)) {
        // The API's schema vouches for the type, as it does for every response.
        if (event.event === 'done') return { ok: true, value: event.data as T }
        if (event.event === 'failed') return { ok: false, failure: toFailure(event.data, response.status) }
        onEvent(event)
      }
    }
    catch { /* The connection broke, or ended without a result: the outcome is unknown. */ }
    return { ok: false, failure: UNREACHABLE }
  }

  return { call, stream }
}
