import type { ServerResponse } from 'node:http'

/** What a handler answers, where it says more than a body. The headers are names and values by turns, as Node takes them. */
export class Answer {
  readonly status: number
  readonly headers: readonly string[]
  readonly body: string | null

  constructor(status: number, headers: readonly string[], body: string | null) {
    this.status = status
    this.headers = headers
    this.body = body
  }
}

/** Sets headers given as names and values by turns. */
export function setHeaders(res: ServerResponse, headers: readonly string[]): void {
  for (let at = 0; at < headers.length; at += 2) res.setHeader(headers[at] ?? '', headers[at + 1] ?? '')
}
