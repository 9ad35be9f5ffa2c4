import { AsyncLocalStorage } from 'node:async_hooks'
import { randomFillSync } from 'node:crypto'

/* The fields that every log line written while serving a request carries. */

export interface RequestContext {
  /** Also in the response's header, in error bodies and on the screen, so that what a person saw leads to these lines. */
  requestId: string
  /** The id of the calling account, once it is known; not its e-mail, which is personal data. */
  by?: string
}

const requests = new AsyncLocalStorage<RequestContext>()

/** The request ids that are accepted from a proxy. */
const REQUEST_ID = /^[\w.-]{1,64}$/

export function inRequest<T>(context: RequestContext, work: () => T): T {
  return requests.run(context, work)
}

/** The request being served; undefined in background work. */
export function currentRequest(): RequestContext | undefined {
  return requests.getStore()
}

/** Records the calling account for the request being served. */
export function nameAccount(accountId: string): void {
  const request = requests.getStore()
  if (request) request.by = accountId
}

/** The id that a request came with, if its sender is trusted and it is well-formed; else a new one. */
export function requestIdOf(given: string | string[] | undefined, believed: boolean): string {
  return believed && typeof given === 'string' && REQUEST_ID.test(given) ? given : newId()
}

const ID_BYTES = 8
/** Asking the system for randomness costs more than using it, so ids are made by the hundred. */
const stock = Buffer.alloc(256 * ID_BYTES)
let used = stock.length

function newId(): string {
  if (used === stock.length) {
    randomFillSync(stock)
    used = 0
  }
  used += ID_BYTES
  return stock.toString('hex', used - ID_BYTES, used)
}
