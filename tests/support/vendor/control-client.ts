import type { ControlInput, ControlName, ControlOperation, ControlResponse } from './control-operations.ts'
import { CONTROL, KEY_IN_PATH } from './control-operations.ts'
import type {
  ChangeLicense, ClockState, CreatedLicense, CreateLicense, Fork, Health, IssueToken, LicenseState, RecordedRequest, RequestFilter,
} from './control-protocol.ts'
import type { FaultRequest } from './fault-types.ts'
import type { Scope } from './scope.ts'

export interface SandboxControl {
  /** Forgets what belongs to the scope: all, unless it names an installation or a key. The same holds for the scopes below. */
  reset(scope?: Scope): Promise<void>
  createLicense(license: CreateLicense): Promise<CreatedLicense>
  changeLicense(key: string, change: ChangeLicense): Promise<LicenseState>
  getLicense(key: string, of?: Pick<Scope, 'installation'>): Promise<LicenseState>
  licenses(of?: Pick<Scope, 'installation'>): Promise<LicenseState[]>
  deleteLicense(key: string): Promise<void>
  /** Signs a token as ordered; an offline token is valid for 365 days by default. */
  issueToken(order: IssueToken): Promise<string>
  requests(filter?: RequestFilter): Promise<RecordedRequest[]>
  /** Resolves as soon as `count` requests fit the filter; rejects after `within` ms, 10 s by default. */
  waitForRequests(count: number, filter?: RequestFilter & { within?: number }): Promise<RecordedRequest[]>
  clearRequests(scope?: Scope): Promise<void>
  addFault(fault: FaultRequest): Promise<void>
  faults(scope?: Scope): Promise<FaultRequest[]>
  clearFaults(scope?: Scope): Promise<void>
  setClock(offsetSeconds: number, scope?: Scope): Promise<void>
  clock(scope?: Scope): Promise<ClockState>
  forks(scope?: Scope): Promise<Fork[]>
  health(): Promise<Health>
  openApi(): Promise<Record<string, unknown>>
  /** The same calls, meant for this scope unless they name one of their own: what a test sees of a server that it shares. */
  scopedTo(scope: Scope): SandboxControl
}

/** A client for the control API; every call rejects with the server's own words unless the response is 200. */
export function createSandboxControl(baseUrl: string, scope: Scope = {}): SandboxControl {
  async function call<N extends ControlName>(name: N, input: ControlInput<N>, key?: string): Promise<ControlResponse<N>>
  async function call(name: ControlName, input: Record<string, unknown>, key = ''): Promise<unknown> {
    const { method, path, response: schema }: ControlOperation = CONTROL[name]
    const url = new URL(`/__sandbox${path.replace(KEY_IN_PATH, encodeURIComponent(key))}`, baseUrl)
    const asQuery = method === 'GET' || method === 'DELETE'
    if (asQuery) for (const [member, value] of Object.entries(input)) if (value !== undefined) url.searchParams.set(member, String(value))
    const response = await fetch(url, asQuery ? { method } : { method, body: JSON.stringify(input) })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${url.pathname} answered ${response.status}: ${text}`)
    return schema.parse(JSON.parse(text))
  }
  const { installation } = scope
  const act = async (answered: Promise<unknown>): Promise<void> => void await answered
  return {
    reset: (of = scope) => act(call('reset', of)),
    createLicense: license => call('createLicense', license),
    // A license that is moved is moved for all.
    changeLicense: (key, change) => call('changeLicense', change.boundTo === undefined ? { installation, ...change } : change, key),
    getLicense: (key, of = { installation }) => call('getLicense', of, key),
    licenses: (of = { installation }) => call('listLicenses', of),
    deleteLicense: key => act(call('deleteLicense', {}, key)),
    issueToken: async order => (await call('issueToken', order)).token,
    requests: filter => call('listRequests', { ...scope, ...filter }),
    waitForRequests: (count, filter) => call('listRequests', { ...scope, ...filter, count }),
    clearRequests: (of = scope) => act(call('clearRequests', of)),
    addFault: fault => act(call('addFault', { ...scope, ...fault })),
    faults: (of = scope) => call('listFaults', of),
    clearFaults: (of = scope) => act(call('clearFaults', of)),
    setClock: (offsetSeconds, of = scope) => act(call('setClock', { offsetSeconds, ...of })),
    clock: (of = scope) => call('getClock', of),
    forks: (of = scope) => call('listForks', of),
    health: () => call('health', {}),
    openApi: () => call('openApi', {}),
    scopedTo: narrower => createSandboxControl(baseUrl, { ...scope, ...narrower }),
  }
}
