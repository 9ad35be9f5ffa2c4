import { setImmediate } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { PROTOCOL } from '../../server/license-server/protocol.ts'
import type { CallName } from '../../server/license-server/protocol.ts'
import type { Random } from '../../server/license/ports.ts'
import type { LicenseStatus } from '../support/vendor/control-protocol.ts'
import type { Fault } from '../support/vendor/fault-types.ts'
import type { Scope } from '../support/vendor/scope.ts'
import { DEFAULT_PLAN } from './named-keys.ts'
import type { Reply, Sandbox } from './sandbox.ts'

/*
 * A test that shares a sandbox license server with others, as a story of random steps. It knows nothing of the others, foresees
 * every answer from what it has done itself, and reports each that is another.
 */

const STATUSES = ['active', 'active', 'revoked', 'suspended', 'bound_elsewhere', 'expired'] as const
const VERDICTS: readonly LicenseStatus[] = ['revoked', 'suspended', 'bound_elsewhere']
const FAULTS = ['status', 'html', 'staleNonce', 'verdict', 'hold'] as const

export interface Part {
  /** Which story this is, for its reports. */
  name: string
  installation: string
  key: string
  method: 'standard' | 'airgapped'
  /** Whether the key is one that every installation can use; else the story creates it. */
  named: boolean
  /** What the story says of whatever it sets and asks. */
  scope: Scope
}

export interface Stage {
  sandbox: Sandbox
  random: Random
  /** The time by the machine, seconds since 1970. */
  now: number
  report: (surprise: string) => void
  /** Ends what is waited for. */
  over: AbortSignal
}

interface Pending { call: CallName | '*', times: number | undefined, fault: Fault }
interface Held { lease: string, secret: string }

const statementSchema = z.looseObject({ iat: z.int(), nonce: z.string(), instance_id: z.string(), plan: z.string().optional(), verdict: z.string().optional() })
type Statement = z.infer<typeof statementSchema>

function read(jws: string): Statement {
  return statementSchema.parse(JSON.parse(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString()))
}

/** What the story has done, and hence what it expects. */
function createMemory() {
  return {
    faults: [] as Pending[], offset: 0, status: 'active' as LicenseStatus, plan: DEFAULT_PLAN, bound: false, released: false,
    calls: [] as CallName[], forks: 0, head: undefined as string | undefined, next: new Set<string>(), beginnings: new Set<string>(),
    held: [] as { freed: boolean }[],
  }
}

export interface Story {
  /** Creates the license, unless it is a named one. */
  begin(): Promise<void>
  step(): Promise<void>
}

export function createStory({ name, installation, key, method, named, scope }: Part, { sandbox, random, now, report, over }: Stage): Story {
  let memory = createMemory()
  let secret = ''
  const leases: string[] = []
  let nth = 0
  const chance = (below: number) => Math.floor(random.unit() * below)
  const oneOf = <T>(choices: readonly [T, ...T[]]): T => choices[chance(choices.length)] ?? choices[0]
  const swapCall: CallName = method === 'airgapped' ? 'renew' : 'checkIn'
  const scopeForOne = scope.installation === undefined ? {} : { installation: scope.installation }

  function expectSame(what: string, seen: unknown, expected: unknown): void {
    if (!isDeepStrictEqual(seen, expected)) report(`${name}: ${what} is ${JSON.stringify(seen)}, not ${JSON.stringify(expected)}`)
  }

  async function control(verb: string, path: string, input: object = {}): Promise<unknown> {
    const asQuery = verb === 'GET' || verb === 'DELETE'
    const query = new URLSearchParams(asQuery ? Object.entries(input).map(([member, value]) => [member, String(value)]) : [])
    const { status, body } = await sandbox.control({
      method: verb, path, query, body: asQuery ? '' : JSON.stringify(input), gone: over,
    })
    expectSame(`the status of ${verb} ${path}`, status, 200)
    return body
  }

  /** The own fault that is to hit this call. */
  function foreseenFault(call: CallName): Fault | undefined {
    const entry = memory.faults.find(pending => pending.call === '*' || pending.call === call)
    if (entry?.times !== undefined) entry.times -= 1
    memory.faults = memory.faults.filter(({ times }) => times !== 0)
    return entry?.fault
  }

  async function send(call: CallName, input: object | undefined, { door = false, bearer = '' } = {}): Promise<Reply> {
    const { method: verb, path } = PROTOCOL[call]
    memory.calls.push(call)
    const { now: seen, reply } = await sandbox.receive({
      method: verb, url: door ? `/for/${installation}${path}` : path,
      headers: bearer ? { authorization: `Bearer ${bearer}` } : {}, body: { ok: true, text: input ? JSON.stringify(input) : '' },
    })
    expectSame(`the time of ${call}`, seen, now + memory.offset)
    return reply
  }

  /** The outcome of a call that reached the vendor, or undefined if a fault came before it, as it should have. */
  function outcomeOf(call: CallName, reply: Reply, fault: Fault | undefined): { status: number, body: object } | undefined {
    if (fault?.type === 'status' || fault?.type === 'html') {
      expectSame(`the reply to ${call}`, reply, { kind: 'replaced', fault })
      return undefined
    }
    expectSame(`the reply to ${call}`, reply.kind, fault?.type === 'hold' ? 'spoilt' : 'answer')
    if (reply.kind === 'spoilt') {
      const held = { freed: false }
      memory.held.push(held)
      void reply.released.then(() => { held.freed = true })
    }
    return reply.kind === 'answer' || reply.kind === 'spoilt' ? reply.outcome : undefined
  }

  function expectStatement(call: CallName, jws: string, nonce: string, fault: Fault | undefined): Statement {
    const statement = read(jws)
    expectSame(`iat of ${call}`, statement.iat, now + memory.offset)
    expectSame(`the installation of ${call}`, statement.instance_id, installation)
    expectSame(`whether ${call} has our nonce`, statement.nonce === nonce, fault?.type !== 'staleNonce')
    return statement
  }

  function keep(call: CallName, lease: string, nonce: string, fault: Fault | undefined): void {
    const { plan } = expectStatement(call, lease, nonce, fault)
    expectSame(`the plan of ${call}`, plan, memory.plan)
    memory.bound = true
    memory[call === 'activate' ? 'beginnings' : 'next'].add(lease)
    // A spoilt lease is not one that a client would keep.
    if (fault?.type !== 'staleNonce') leases.push(lease)
  }

  function expectRefusal(call: CallName, outcome: { status: number, body: object }, code: string): void {
    const error: unknown = Reflect.get(outcome.body, 'error')
    expectSame(`the refusal of ${call}`, typeof error === 'object' && error && Reflect.get(error, 'code'), code)
  }

  async function activate(): Promise<void> {
    const [fault, nonce] = [foreseenFault('activate'), random.hex(16)]
    const reply = await send('activate', { license_key: key, instance_id: installation, nonce, version: '1', kids: [] })
    const outcome = outcomeOf('activate', reply, fault)
    if (!outcome) return
    if (memory.status !== 'active') return expectRefusal('activate', outcome, memory.status)
    const answer = PROTOCOL.activate.response.safeParse(outcome.body)
    if (!answer.success) return report(`${name}: activate answered ${JSON.stringify(outcome)}`)
    memory.released = false
    secret = answer.data.secret
    keep('activate', answer.data.lease, nonce, fault)
  }

  async function present({ lease, secret: bearer }: Held): Promise<void> {
    const [fault, nonce] = [foreseenFault(swapCall), random.hex(16)]
    const seats = method === 'airgapped' ? {} : { seats_used: chance(9) }
    const reply = await send(swapCall, { lease, nonce, version: '1', kids: [], ...seats }, { bearer })
    const outcome = outcomeOf(swapCall, reply, fault)
    if (!outcome) return
    if (memory.released) return expectRefusal(swapCall, outcome, 'bad_request')
    const begins = memory.beginnings.delete(lease)
    if (memory.head !== undefined && memory.head !== lease && !begins && !memory.next.has(lease)) memory.forks += 1
    if (memory.head !== lease) Object.assign(memory, { head: lease, next: new Set() })
    const verdict = fault?.type === 'verdict' ? fault.verdict : VERDICTS.find(status => status === memory.status)
    memory.bound ||= verdict === undefined
    if (!verdict && memory.status === 'expired') return expectRefusal(swapCall, outcome, 'expired')
    const answer = PROTOCOL.checkIn.response.safeParse(outcome.body)
    if (!answer.success) return report(`${name}: ${swapCall} answered ${JSON.stringify(outcome)}`)
    if ('lease' in answer.data) keep(swapCall, answer.data.lease, nonce, fault)
    const seen = 'verdict' in answer.data ? expectStatement(swapCall, answer.data.verdict, nonce, fault).verdict : undefined
    expectSame(`the verdict of ${swapCall}`, seen, verdict)
  }

  async function deactivate(held: Held): Promise<void> {
    const fault = foreseenFault('deactivate')
    const outcome = outcomeOf('deactivate', await send('deactivate', { lease: held.lease, nonce: random.hex(16) }, { bearer: held.secret }), fault)
    if (outcome) Object.assign(memory, { bound: false, released: true })
  }

  async function ping(): Promise<void> {
    const fault = foreseenFault('ping')
    outcomeOf('ping', await send('ping', undefined, { door: true }), fault)
  }

  const held = (back = 0): Held | undefined => {
    const lease = leases.at(-1 - back)
    return lease === undefined ? undefined : { lease, secret }
  }

  /** Calls the license server in one of the ways that are open to the story. */
  async function call(): Promise<void> {
    const [latest, older] = [held(), held(2)]
    const way = chance(10)
    if (way < 2 || !latest) return activate()
    if (way === 2 && method === 'standard') return deactivate(latest)
    if (way === 3 && isWhollyOwn) return ping()
    return present(way < 6 && older ? older : latest)
  }
  /** Only of a whole installation can it be said by the door. */
  const isWhollyOwn = scope.installation !== undefined && scope.key === undefined

  async function addFault(): Promise<void> {
    nth += 1
    const type = oneOf(FAULTS)
    const fault: Fault = type === 'status'
      ? { type, status: 503, body: { story: name, nth } }
      : type === 'verdict' ? { type, verdict: 'suspended' } : { type }
    const asked = oneOf<CallName | '*'>(['activate', swapCall, swapCall, '*'])
    const times = oneOf([1, 2, undefined])
    memory.faults.push({ call: asked, times, fault })
    await control('POST', '/faults', { call: asked, times, fault, ...scope })
  }

  async function clearFaults(): Promise<void> {
    expectSame('the faults', await control('GET', '/faults', scope), memory.faults.map(({ times, ...pending }) => ({
      ...pending, ...(times === undefined ? {} : { times }), ...scope,
    })))
    const { held: freed } = memory
    Object.assign(memory, { faults: [], held: [] })
    await control('DELETE', '/faults', scope)
    expectSame('whether what was held back is sent', freed.every(each => each.freed), true)
  }

  async function setClock(): Promise<void> {
    memory.offset = chance(1_000_000) - 500_000
    await control('POST', '/clock', { offsetSeconds: memory.offset, ...scope })
    expectSame('the clock', await control('GET', '/clock', scope), {
      offsetSeconds: memory.offset, now: now + memory.offset, shifts: [{ offsetSeconds: memory.offset, ...scope }],
    })
  }

  async function changeLicense(): Promise<void> {
    nth += 1
    Object.assign(memory, { status: oneOf(STATUSES), plan: `${name}-${nth}` })
    await control('PATCH', `/licenses/${key}`, { status: memory.status, plan: memory.plan, ...scopeForOne })
  }

  async function lookAtLicense(): Promise<void> {
    const state = z.looseObject({ status: z.string(), plan: z.string(), boundTo: z.array(z.string()) })
      .parse(await control('GET', `/licenses/${key}`, scopeForOne))
    expectSame('the license', [state.status, state.plan, state.boundTo], [memory.status, memory.plan, memory.bound ? [installation] : []])
  }

  async function lookAtRequests(): Promise<void> {
    const requests = z.array(z.object({ call: z.string() })).parse(await control('GET', '/requests', scope))
    expectSame('the requests', requests.map(each => each.call), memory.calls)
    if (chance(2) === 0) return
    memory.calls = []
    await control('DELETE', '/requests', scope)
  }

  async function awaitRequests(): Promise<void> {
    const count = memory.calls.length + 2
    const coming = control('GET', '/requests', { ...scope, count, within: 60_000 })
    let arrived = false
    void coming.then(() => { arrived = true })
    await call()
    await call()
    await setImmediate()
    expectSame('whether the requests waited for are there', arrived, true)
    if (!arrived) return
    const requests = z.array(z.object({ call: z.string() })).parse(await coming)
    expectSame('the requests waited for', requests.map(each => each.call), memory.calls)
  }

  async function lookAtForks(): Promise<void> {
    const forks = z.array(z.object({ instanceId: z.string(), key: z.string() })).parse(await control('GET', '/forks', scope))
    expectSame('the forks', forks.map(each => [each.instanceId, each.key]), Array.from({ length: memory.forks }, () => [installation, key]))
  }

  async function begin(): Promise<void> {
    if (!named) await control('POST', '/licenses', { key, method })
  }

  async function reset(): Promise<void> {
    // Without an installation, a created license is forgotten altogether.
    await control('POST', '/reset', scope)
    memory = createMemory()
    if (scope.installation === undefined) await begin()
  }

  const STEPS = [addFault, setClock, changeLicense, lookAtLicense, lookAtRequests, awaitRequests, lookAtForks, clearFaults, reset] as const
  return {
    begin,
    async step() {
      expectSame('whether anything held back was sent', memory.held.some(({ freed }) => freed), false)
      await (chance(2) === 0 ? call() : oneOf<() => Promise<void>>(STEPS)())
    },
  }
}
