import { z } from 'zod'
import {
  createdLicenseSchema, emptySchema, forksSchema, issuedTokenSchema, licenseStateSchema, recordedRequestsSchema,
} from './control-protocol.ts'
import type {
  ChangeLicense, CreatedLicense, CreateLicense, Fork, IssueToken, LicenseState, RecordedRequest,
} from './control-protocol.ts'
import { faultRequestSchema } from './fault-types.ts'
import type { FaultRequest } from './fault-types.ts'

export interface SandboxControl {
  reset(): Promise<void>
  createLicense(license: CreateLicense): Promise<CreatedLicense>
  changeLicense(key: string, change: ChangeLicense): Promise<LicenseState>
  getLicense(key: string): Promise<LicenseState>
  /** Signs a token as ordered; an offline token is valid for 365 days by default. */
  issueToken(order: IssueToken): Promise<string>
  requests(): Promise<RecordedRequest[]>
  clearRequests(): Promise<void>
  addFault(fault: FaultRequest): Promise<void>
  faults(): Promise<FaultRequest[]>
  clearFaults(): Promise<void>
  setClock(offsetSeconds: number): Promise<void>
  forks(): Promise<Fork[]>
}

/** A client for the control API; every call rejects with the server's own words unless the response is 200. */
export function createSandboxControl(baseUrl: string): SandboxControl {
  async function call<T>(schema: z.ZodType<T>, method: string, path: string, body?: unknown): Promise<T> {
    const request = body === undefined ? { method } : { method, body: JSON.stringify(body) }
    const response = await fetch(new URL(`/__sandbox/${path}`, baseUrl), request)
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} /__sandbox/${path} answered ${response.status}: ${text}`)
    return schema.parse(JSON.parse(text))
  }
  const act = async (method: string, path: string, body?: unknown): Promise<void> => {
    await call(emptySchema, method, path, body)
  }
  return {
    reset: () => act('POST', 'reset'),
    createLicense: license => call(createdLicenseSchema, 'POST', 'licenses', license),
    changeLicense: (key, change) => call(licenseStateSchema, 'PATCH', `licenses/${key}`, change),
    getLicense: key => call(licenseStateSchema, 'GET', `licenses/${key}`),
    issueToken: async order => (await call(issuedTokenSchema, 'POST', 'tokens', order)).token,
    requests: () => call(recordedRequestsSchema, 'GET', 'requests'),
    clearRequests: () => act('DELETE', 'requests'),
    addFault: fault => act('POST', 'faults', fault),
    faults: () => call(z.array(faultRequestSchema), 'GET', 'faults'),
    clearFaults: () => act('DELETE', 'faults'),
    setClock: offsetSeconds => act('POST', 'clock', { offsetSeconds }),
    forks: () => call(forksSchema, 'GET', 'forks'),
  }
}
