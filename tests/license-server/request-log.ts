import type { IncomingMessage } from 'node:http'
import type { RecordedRequest } from '../support/vendor/control-protocol.ts'

/** Enough for any test, and a bound for a long load run. */
const KEPT = 5_000

export interface RequestLog {
  add(req: IncomingMessage, path: string, body: unknown): void
  list(): RecordedRequest[]
  clear(): void
}

/** What clients sent, oldest first; the newest 5,000 are kept. */
export function createRequestLog(): RequestLog {
  let entries: RecordedRequest[] = []
  return {
    add(req, path, body) {
      const headers: RecordedRequest['headers'] = {}
      for (const [name, value] of Object.entries(req.headers)) {
        if (value !== undefined) headers[name] = value
      }
      entries.push({ at: new Date().toISOString(), method: req.method ?? '', path, url: req.url ?? '', headers, body })
      if (entries.length > KEPT) entries.shift()
    },
    list: () => entries,
    clear: () => { entries = [] },
  }
}
