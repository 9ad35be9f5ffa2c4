import type { z } from 'zod'
import { seen } from '../../shared/findings.ts'
import { maskKey } from '../../shared/credential.ts'
import type { CallOutcome, LicenseServer, PreparedCall, SignedStatement } from '../license/ports.ts'
import { bareHost } from './address.ts'
import type { Limits } from './exchange.ts'
import { createExchange, LIMITS } from './exchange.ts'
import { NetworkFailure } from './network-failure.ts'
import type { RequestOf, ResponseOf } from './protocol.ts'
import { PROTOCOL } from './protocol.ts'
import { failure, readAnswer } from './read-answer.ts'
import type { Routing, Way } from './way.ts'
import { createWayOpener } from './way.ts'

/* Implements the domain's LicenseServer port with protocol v1: turns its questions into requests, and the responses into its words. */

export interface ClientOptions extends Routing {
  baseUrl: string
  /** Sent as part of `User-Agent`, and in the bodies. */
  version: string
  limits?: Limits
  /** Sent with every call, beside the protocol's own. */
  callHeaders?: () => Record<string, string>
}

export interface LicenseServerClient extends LicenseServer {
  /** Without a trailing slash. */
  readonly baseUrl: string
  /** Whether the operator has set it. */
  readonly configured: boolean
  /** Opens the way that its calls take, for whoever wants to go it step by step. */
  openWay(): Way
  ping(signal?: AbortSignal): Promise<CallOutcome<ResponseOf<'ping'>>>
}

/** A call of the protocol, what this one sends, and how the domain reads the response. */
interface WireCall<Q, R, T> {
  call: { method: 'GET' | 'POST', path: string, request: z.ZodType<Q>, response: z.ZodType<R> }
  body: Q
  secret: string | null
  read: (response: R) => T
}

/** Creates a client of the license server at `baseUrl`. Its calls never reject and never follow a redirect. */
export function createLicenseServerClient(options: ClientOptions): LicenseServerClient {
  const { baseUrl: given, version, limits = LIMITS, callHeaders, ...routing } = options
  const baseUrl = given.replace(/(?<!\/)\/+$/, '')
  const openWay = createWayOpener(routing)
  const exchange = createExchange({ version, openWay, limits, ...(callHeaders ? { callHeaders } : {}) })
  const base = new URL(baseUrl)

  async function send<Q, R, T>(
    { call, body, secret, read }: WireCall<Q, R, T>, signal?: AbortSignal, mayStill?: () => boolean,
  ): Promise<CallOutcome<T>> {
    try {
      const answer = await exchange({ method: call.method, url: baseUrl + call.path, body, secret, signal, mayStill })
      const outcome = readAnswer(call.response, answer)
      return outcome.ok ? { ok: true, value: read(outcome.value) } : outcome
    }
    catch (error) {
      if (error instanceof NetworkFailure) return failure(error.seen, { answered: false, cause: error.cause })
      return failure(seen('SERVER_RESPONSE_INVALID', 'unreadable_answer', { host: bareHost(base) }), { cause: error })
    }
  }

  function prepare<Q extends object, R, T>(wire: WireCall<Q, R, T>): PreparedCall<T> {
    const { method, path } = wire.call
    return { shown: { method, url: baseUrl + path, body: maskBody(wire.body) }, send: (signal, mayStill) => send(wire, signal, mayStill) }
  }

  return {
    baseUrl,
    configured: routing.configured ?? false,
    host: base.host,
    openWay: () => openWay(base),
    activate: ({ key, instanceId, nonce, kids }) => prepare({
      call: PROTOCOL.activate, secret: null, read: ({ lease, secret }) => ({ lease, secret }),
      body: { license_key: key, instance_id: instanceId, nonce, version, kids: [...kids] },
    }),
    checkIn: ({ lease, secret, nonce, kids, seatsUsed }) => prepare({
      call: PROTOCOL.checkIn, secret, read: statementOf, body: { lease, nonce, version, kids: [...kids], seats_used: seatsUsed },
    }),
    renew: ({ lease, secret, nonce, kids }) => prepare({
      call: PROTOCOL.renew, secret, read: statementOf, body: { lease, nonce, version, kids: [...kids] },
    }),
    deactivate: ({ lease, secret, nonce }) => prepare({
      call: PROTOCOL.deactivate, secret, read: () => null, body: { lease, nonce },
    }),
    ping: signal => send({ call: PROTOCOL.ping, secret: null, read: pong => pong, body: undefined }, signal),
  }
}

function statementOf(answer: ResponseOf<'checkIn' | 'renew'>): SignedStatement {
  return 'lease' in answer ? { kind: 'lease', jws: answer.lease } : { kind: 'verdict', jws: answer.verdict }
}

/** A body as people are shown it: whole, but with the key masked, and the lease, a screenful, cut to its beginning and length. */
function maskBody(body: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(body).map(([member, value]) => [member, maskMember(member, value)]))
}

type Mask = (value: string) => string

/** By the protocol's own names, so that a member that is renamed there does not pass unmasked. */
const MASKED: Readonly<Record<string, Mask>> = {
  license_key: maskKey,
  lease: (lease: string) => `${lease.slice(0, 8)}… (${lease.length} characters)`,
} satisfies Partial<Record<keyof RequestOf<'activate'> | keyof RequestOf<'checkIn'>, Mask>>

function maskMember(member: string, value: unknown): unknown {
  return MASKED[member]?.(String(value)) ?? value
}
