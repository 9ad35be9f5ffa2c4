import { AsyncLocalStorage } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'

/* What every log line written while a request is served says of it. */

export interface RequestContext {
  /** Stands in the answer's header, in error bodies and on the screen, so that what a person saw leads to these lines. */
  requestId: string
  /** The account that asks, once it is known: its id, for an e-mail is personal. */
  by?: string
}

const requests = new AsyncLocalStorage<RequestContext>()

/** What a proxy in front may call a request. */
const REQUEST_ID = /^[\w.-]{1,64}$/

export function inRequest<T>(context: RequestContext, work: () => T): T {
  return requests.run(context, work)
}

/** The request that is being served; undefined in what the process does by itself. */
export function currentRequest(): RequestContext | undefined {
  return requests.getStore()
}

/** Says of the request that is being served who asks. */
export function nameAccount(accountId: string): void {
  const request = requests.getStore()
  if (request) request.by = accountId
}

/** The id a request came with, if it is to be believed and is one; else a new one. */
export function requestIdOf(given: string | string[] | undefined, believed: boolean): string {
  return believed && typeof given === 'string' && REQUEST_ID.test(given) ? given : randomBytes(8).toString('hex')
}
