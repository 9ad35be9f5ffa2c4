import type { IncomingHttpHeaders } from 'node:http'
import { PROTOCOL } from '../../server/license-server/protocol.ts'
import type { CallName } from '../../server/license-server/protocol.ts'
import { INSTANCE_ID } from '../../server/license/claims.ts'
import { replacementSchema, signedSchema, transportSchema } from '../support/vendor/fault-types.ts'
import type { Fault, Replacement, TransportFault } from '../support/vendor/fault-types.ts'
import { createCallers, openDoor } from './callers.ts'
import { createControlApi } from './control-api.ts'
import type { ControlAnswer, ControlCall } from './control-api.ts'
import { parseBody } from './http.ts'
import type { ReadBody } from './http.ts'
import type { SandboxParts } from './sandbox-parts.ts'
import { tamperingOf } from './tampering.ts'
import { createVendor, refusal } from './vendor.ts'
import type { Outcome, Refused, VendorCall } from './vendor.ts'

/** A request for a path of the protocol. */
export interface Incoming { method: string, url: string, headers: IncomingHttpHeaders, body: ReadBody }

/** What to send: the vendor's answer, as it is or spoilt on its way, or something in its place. */
export type Reply =
  | { kind: 'answer', outcome: Outcome }
  /** One that is held back waits for `released`. */
  | { kind: 'spoilt', outcome: Outcome, fault: TransportFault, released: Promise<void> }
  | { kind: 'replaced', fault: Replacement }
  | { kind: 'reset' }

export interface Sandbox {
  /** Records and answers a call of the protocol; `now` is the vendor's time for this caller, seconds since 1970. */
  receive(incoming: Incoming): Promise<{ now: number, reply: Reply }>
  control(call: ControlCall): Promise<ControlAnswer>
}

const CALLS = new Map<string, CallName>([
  [PROTOCOL.activate.path, 'activate'],
  [PROTOCOL.checkIn.path, 'checkIn'],
  [PROTOCOL.renew.path, 'renew'],
  [PROTOCOL.deactivate.path, 'deactivate'],
  [PROTOCOL.ping.path, 'ping'],
])

function bearerOf({ authorization = '' }: IncomingHttpHeaders): string | undefined {
  return /^Bearer (\S+)$/.exec(authorization)?.[1]
}

/** A sandbox build whose time is not the machine's says so, and who it is. */
function timeIn(headers: IncomingHttpHeaders): number | undefined {
  const time = headers['x-sandbox-time']
  return typeof time === 'string' && /^\d{1,15}$/.test(time) ? Number(time) : undefined
}

function installationIn(headers: IncomingHttpHeaders): string | undefined {
  const id = headers['x-sandbox-installation']
  return typeof id === 'string' && INSTANCE_ID.test(id) ? id : undefined
}

function headersOf(headers: IncomingHttpHeaders): Record<string, string | string[]> {
  return Object.fromEntries(Object.entries(headers).flatMap(([name, value]) => value === undefined ? [] : [[name, value]]))
}

/** The call that this is, or what a request that is none is refused with. */
function judge({ method, body }: Incoming, call: CallName | undefined): CallName | Refused {
  if (!body.ok) return refusal('bad_request', 'The request is too large.', 413)
  if (!call) return refusal('bad_request', 'There is no such call.', 404)
  const { method: allow } = PROTOCOL[call]
  return method === allow ? call : { ...refusal('bad_request', 'This call has another HTTP method.', 405), headers: { allow } }
}

/** The sandbox license server without its sockets, on these parts. */
export function createSandbox(parts: SandboxParts): Sandbox {
  const { clock, faults, requests } = parts
  const callers = createCallers()
  const vendor = createVendor(parts)

  async function answerOf(call: VendorCall, fault: Fault | undefined): Promise<Outcome> {
    const signed = signedSchema.safeParse(fault)
    const outcome = await vendor.answer(call, signed.success ? tamperingOf(signed.data) : {})
    if ('secret' in outcome.body) callers.issued(outcome.body.secret, call.caller)
    return outcome
  }

  async function replyTo(call: VendorCall): Promise<Reply> {
    const fault = faults.take(call.name, call.caller)
    const replacement = replacementSchema.safeParse(fault)
    if (replacement.success) return { kind: 'replaced', fault: replacement.data }
    if (fault?.type === 'reset' && (fault.stage ?? 'request') === 'request') return { kind: 'reset' }
    const spoilt = transportSchema.safeParse(fault)
    // Asked for before the vendor works: the fault may be cleared meanwhile.
    const released = fault?.type === 'hold' ? faults.cleared(call.caller) : Promise.resolve()
    const outcome = await answerOf(call, fault)
    return spoilt.success ? { kind: 'spoilt', outcome, fault: spoilt.data, released } : { kind: 'answer', outcome }
  }

  async function receive(incoming: Incoming): Promise<{ now: number, reply: Reply }> {
    const { method, url, headers, body: read } = incoming
    const { path, installation = installationIn(headers) } = openDoor(url.split('?', 1)[0] ?? '/')
    const call = CALLS.get(path)
    const body = read.ok ? parseBody(read.text) : null
    const bearer = bearerOf(headers)
    const caller = await callers.identify({ call, body, bearer, installation })
    requests.add({ method, path, url, call: call ?? null, headers: headersOf(headers), body }, caller)
    const told = timeIn(headers)
    if (told !== undefined && caller.installation !== undefined) clock.follow(caller.installation, told)
    const now = clock.of(caller).now()
    const judged = judge(incoming, call)
    const reply: Reply = typeof judged === 'string'
      ? await replyTo({ name: judged, body, bearer, caller })
      : { kind: 'answer', outcome: judged }
    return { now, reply }
  }

  return { receive, control: createControlApi(parts) }
}
