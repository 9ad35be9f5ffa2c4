import type { NetworkErrorCode } from '../../shared/errors.ts'
import type { Seen } from '../../shared/findings.ts'

/** No complete answer arrived: what was seen, and as `cause` what was thrown. */
export class NetworkFailure extends Error {
  override readonly name = 'NetworkFailure'
  readonly seen: Seen<NetworkErrorCode>
  constructor(seen: Seen<NetworkErrorCode>, cause: unknown) {
    super(seen.cause, { cause })
    this.seen = seen
  }
}

/** The error and its causes, aggregated ones included, outermost first. */
export function causesOf(error: unknown): Error[] {
  const chain: Error[] = []
  for (let current = error; current instanceof Error && chain.length < 8; current = current.cause) {
    chain.push(current)
    if (current instanceof AggregateError) chain.push(...current.errors.filter(inner => inner instanceof Error))
  }
  return chain
}

/** The codes of an error and its causes. */
export function codesOf(error: unknown): string[] {
  return causesOf(error).flatMap(each => 'code' in each && typeof each.code === 'string' ? [each.code] : [])
}

/** Whether something took too long, by our own limit or by the system's. */
export function isTimeout(error: unknown): boolean {
  return error instanceof Error && (error.name === 'TimeoutError' || 'code' in error && error.code === 'ETIMEDOUT')
}

/** What `work` resolves to; rejects with the signal's reason as soon as that is aborted. */
export function orAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = () => reject(signal.reason)
    if (signal.aborted) end()
    signal.addEventListener('abort', end, { once: true })
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', end))
  })
}
