import type { z } from 'zod'
import type { ControlName, ControlOperation } from '../support/vendor/control-operations.ts'
import { CONTROL, KEY_IN_PATH } from '../support/vendor/control-operations.ts'
import { openApiDocument } from './openapi.ts'
import { problemsOf } from './problems.ts'
import type { SandboxParts } from './sandbox-parts.ts'
import { covers, reachOf } from './reach.ts'
import { stateOf } from './licenses.ts'
import { issueToOrder } from './token-desk.ts'

/** A call of the control API: its target below `/__sandbox`, its body as text, and whether the caller is still there. */
export interface ControlCall { method: string, path: string, query: URLSearchParams, body: string, gone: AbortSignal }
export interface ControlAnswer { status: number, body: unknown }

type RefusalStatus = keyof NonNullable<ControlOperation['refusals']>
interface Refused { refused: RefusalStatus, because?: string }
/** Reads the input of a call and makes its answer; `key` is the one in its path. */
type Handler = (input: unknown, key: string, gone: AbortSignal) => Promise<ControlAnswer>

const bad = (problem: string): ControlAnswer => ({ status: 400, body: { error: problem } })

interface Typed<I, R> { input: z.ZodType<I>, response: z.ZodType<R>, refusals?: ControlOperation['refusals'] }

/** A handler that runs on what the operation takes, and answers 400, with what is wrong, to the rest. */
function on<I, R extends object>(
  { input: schema, refusals }: Typed<I, R>, run: (order: I, key: string, gone: AbortSignal) => R | Refused | Promise<R | Refused>,
): Handler {
  return async (input, key, gone) => {
    const parsed = schema.safeParse(input)
    if (!parsed.success) return bad(problemsOf(parsed.error).join('; '))
    const result = await run(parsed.data, key, gone)
    if (!isRefused(result)) return { status: 200, body: result }
    const { refused, because } = result
    return { status: refused, body: { error: [refusals?.[refused], because].filter(part => part !== undefined).join(' ') } }
  }
}

function isRefused(result: object): result is Refused {
  return 'refused' in result
}

const done = {}

function createHandlers({ clock, licenses, forks, faults, requests }: SandboxParts): Record<ControlName, Handler> {
  return {
    health: on(CONTROL.health, () => ({
      ok: true, pid: process.pid, uptime: process.uptime(), licenses: licenses.list().length, faults: faults.list({}).length,
      requests: requests.list({}).length, forks: forks.list({}).length,
    })),
    openApi: on(CONTROL.openApi, () => openApiDocument()),
    reset: on(CONTROL.reset, (scope) => {
      const reach = reachOf(scope)
      for (const part of [clock, licenses, forks]) part.reset(reach)
      for (const part of [faults, requests]) part.clear(reach)
      return done
    }),
    listLicenses: on(CONTROL.listLicenses, ({ installation }) => licenses.list().map(license => stateOf(license, installation))),
    createLicense: on(CONTROL.createLicense, (wanted) => {
      const license = licenses.create(wanted)
      return license ? { key: license.key, licenseId: license.licenseId } : { refused: 409 }
    }),
    getLicense: on(CONTROL.getLicense, ({ installation }, key) => {
      const license = licenses.getByKey(key)
      return license ? stateOf(license, installation) : { refused: 404 }
    }),
    changeLicense: on(CONTROL.changeLicense, (change, key) => {
      const license = licenses.change(key, change)
      return license ? stateOf(license, change.installation) : { refused: 404 }
    }),
    deleteLicense: on(CONTROL.deleteLicense, (_, key) => {
      const removed = licenses.remove(key)
      return removed === 'removed' ? done : { refused: removed === 'named' ? 409 : 404 }
    }),
    issueToken: on(CONTROL.issueToken, async order => ({ token: await issueToOrder(order, licenses, clock) })),
    listRequests: on(CONTROL.listRequests, async ({ count, within, ...filter }, _, gone) => {
      if (count === undefined) return requests.list(filter)
      const found = await requests.wait(count, filter, AbortSignal.any([gone, AbortSignal.timeout(within)]))
      return found.length >= count ? found : { refused: 504, because: `After ${within} ms there were ${found.length} of ${count}.` }
    }),
    clearRequests: on(CONTROL.clearRequests, (scope) => {
      requests.clear(reachOf(scope))
      return done
    }),
    addFault: on(CONTROL.addFault, (fault) => {
      faults.add(fault)
      return done
    }),
    listFaults: on(CONTROL.listFaults, scope => faults.list(reachOf(scope))),
    clearFaults: on(CONTROL.clearFaults, (scope) => {
      faults.clear(reachOf(scope))
      return done
    }),
    getClock: on(CONTROL.getClock, (scope) => {
      const reach = reachOf(scope)
      const shifts = clock.shifts().filter(shift => covers(reach, reachOf(shift)))
      return { offsetSeconds: clock.offsetFor(reach), now: clock.of(reach).now(), shifts }
    }),
    setClock: on(CONTROL.setClock, (shift) => {
      clock.shift(shift)
      return done
    }),
    listForks: on(CONTROL.listForks, scope => forks.list(reachOf(scope))),
  }
}

type Input = { read: unknown } | { problem: string }

/** The input of a call as it was sent: the query of a GET or DELETE, the JSON of the others. */
function readInput({ method, query, body }: ControlCall): Input {
  if (method === 'GET' || method === 'DELETE') {
    const twice = [...query.keys()].find((name, index, names) => names.indexOf(name) !== index)
    if (body !== '') return { problem: `A ${method} has its input in the query and takes no body.` }
    return twice === undefined ? { read: Object.fromEntries(query) } : { problem: `${twice}: is given more than once` }
  }
  if (query.size > 0) return { problem: `A ${method} has its input in the body and takes no query.` }
  try {
    return { read: body === '' ? {} : JSON.parse(body) }
  }
  catch (error) {
    return { problem: `The body is not JSON: ${error instanceof Error ? error.message : String(error)}` }
  }
}

/** The operation of a method and path, and the license key in the path. */
function operationOf(method: string, path: string): { name: ControlName, key: string } | undefined {
  for (const [name, operation] of Object.entries(CONTROL)) {
    const [before = '', after] = operation.path.split(KEY_IN_PATH)
    const key = after === undefined || !path.startsWith(before) ? '' : decoded(path.slice(before.length))
    const fits = after === undefined ? path === before : key !== ''
    if (fits && operation.method === method && isControlName(name)) return { name, key }
  }
  return undefined
}

function isControlName(name: string): name is ControlName {
  return Object.hasOwn(CONTROL, name)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  }
  catch {
    return text
  }
}

/** Creates the control API: 200 when done, 400 with what is wrong, else the refusal that the table of operations has. */
export function createControlApi(parts: SandboxParts): (call: ControlCall) => Promise<ControlAnswer> {
  const handlers = createHandlers(parts)
  return async (call) => {
    const operation = operationOf(call.method, call.path)
    if (!operation) return { status: 404, body: { error: 'There is no such control call.' } }
    const input = readInput(call)
    return 'problem' in input ? bad(input.problem) : handlers[operation.name](input.read, operation.key, call.gone)
  }
}
