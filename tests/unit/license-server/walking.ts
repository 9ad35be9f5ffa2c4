import { lookup as systemLookup } from 'node:dns'
import type { LookupFunction, Socket } from 'node:net'
import type { TlsOptions } from 'node:tls'
import { createServer } from 'node:tls'
import { onTestFinished } from 'vitest'
import { NetworkFailure } from '../../../server/license-server/network-failure.ts'
import type { Way } from '../../../server/license-server/way.ts'
import { createWay } from '../../../server/license-server/way.ts'
import type { Seen } from '../../../shared/findings.ts'
import { started } from '../../support/network/routes.ts'
import { START } from '../../support/simulated-clock.ts'
import type { Kind } from './authorities.ts'
import { pairOf } from './authorities.ts'

/* Goes the way to a license server step by step, against real sockets, for the tests named way* and exchange*. */

export interface Given { proxy?: string | undefined, lookup?: LookupFunction, configured?: boolean, now?: number, patience?: number }

export function wayTo(address: string, { proxy, lookup = systemLookup, configured = false, now = START }: Given = {}): Way {
  const way = createWay({ url: new URL(address), proxy: proxy === undefined ? null : new URL(proxy), configured, lookup, now: () => now })
  onTestFinished(() => way.close())
  return way
}

/**
 * Goes the whole way, as a call does. Resolves to what was seen where it ended, or null if it led there. `patience`, ms, is for
 * tests of silence; the default is long enough that nothing times out, however slow the machine.
 */
export async function walk(address: string, given: Given = {}): Promise<Seen | null> {
  const way = wayTo(address, given)
  const signal = AbortSignal.timeout(given.patience ?? 20_000)
  return seenBy(async () => {
    await way.resolve(signal)
    await way.connect(signal)
    await way.tunnel(signal)
    await way.secure(signal)
  })
}

/** What a step saw that failed, or null if it did not. */
export async function seenBy(step: () => Promise<unknown>): Promise<Seen | null> {
  try {
    await step()
    return null
  }
  catch (error) {
    if (error instanceof NetworkFailure) return error.seen
    throw error
  }
}

/** What a step is told whose time is over. */
export const timeIsOver = () => new DOMException('The time is over', 'TimeoutError')

/** A resolver that knows these addresses for every name. */
export const resolvingTo = (...addresses: string[]): LookupFunction => (_name, { all }, callback) => {
  const found = addresses.map(address => ({ address, family: address.includes(':') ? 6 : 4 }))
  if (all) callback(null, found)
  else callback(null, found[0]?.address ?? '', found[0]?.family)
}

/** A resolver that fails with this code. */
export const failingWith = (code: string, before: () => void = () => undefined): LookupFunction => (_name, _options, callback) => {
  before()
  callback(Object.assign(new Error('a text'), { code }), [])
}

export interface TlsServer {
  url: string
  port: number
  /** What it was sent once encryption was in place. */
  readonly heard: string[]
  /** Its connections. */
  readonly open: ReadonlySet<Socket>
  /** How many there were. */
  readonly accepted: number
}

/** Starts a TLS server with a certificate of that kind, which answers the first piece it hears; ends with the test. */
export async function startTls(kind: Kind, answer: string | null = null, options: TlsOptions = {}): Promise<TlsServer> {
  const heard: string[] = []
  const open = new Set<Socket>()
  let accepted = 0
  const server = createServer({ ...pairOf(kind), ...options }, (socket) => {
    socket.on('error', () => undefined)
    socket.on('data', chunk => heard.push(chunk.toString('latin1')))
    if (answer !== null) socket.once('data', () => socket.write(answer))
  })
  server.on('connection', (socket: Socket) => {
    accepted++
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  })
  const port = await started(server)
  return { url: `https://127.0.0.1:${port}`, port, heard, open, get accepted() { return accepted } }
}
