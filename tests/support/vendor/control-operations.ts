import { z } from 'zod'
import {
  changeLicenseSchema, clockStateSchema, createdLicenseSchema, createLicenseSchema, emptySchema, faultsSchema, forkSchema, healthSchema,
  issuedTokenSchema, issueTokenSchema, licenseQuerySchema, licenseStateSchema, recordedRequestSchema, requestsQuerySchema, setClockSchema,
} from './control-protocol.ts'
import { faultRequestSchema } from './fault-types.ts'
import { scopeSchema } from './scope.ts'

/*
 * The control API under `/__sandbox`: one table that its server validates by, its client is typed by, and its OpenAPI document is
 * made from. GET and DELETE take their input as a query, POST and PATCH as a body; whatever a call does not know is refused.
 */

export interface ControlOperation {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Below `/__sandbox`; `:key` stands for a license key. */
  path: `/${string}`
  summary: string
  input: z.ZodType
  response: z.ZodType
  /** What it refuses besides input that it cannot read (400), in the words of the answer. */
  refusals?: Readonly<Partial<Record<404 | 409 | 504, string>>>
}

const nothing = z.strictObject({})
const noSuchLicense = 'There is no license with this key.'

export const CONTROL = {
  health: { method: 'GET', path: '/health', summary: 'Says that the server runs, and how much it keeps', input: nothing, response: healthSchema },
  openApi: { method: 'GET', path: '/openapi.json', summary: 'Returns this document', input: nothing, response: z.record(z.string(), z.unknown()) },
  reset: {
    method: 'POST', path: '/reset', input: scopeSchema, response: emptySchema,
    summary: 'Forgets licenses, changes, faults, requests, forks and shifts of the clock: all, or those of one installation or license',
  },
  listLicenses: {
    method: 'GET', path: '/licenses', input: licenseQuerySchema, response: z.array(licenseStateSchema),
    summary: 'Lists all licenses, the named ones included',
  },
  createLicense: {
    method: 'POST', path: '/licenses', input: createLicenseSchema, response: createdLicenseSchema, summary: 'Creates a license',
    refusals: { 409: 'There is a license with this key already.' },
  },
  getLicense: {
    method: 'GET', path: '/licenses/:key', input: licenseQuerySchema, response: licenseStateSchema,
    summary: 'Returns the state of a license, as one installation has it if one is named', refusals: { 404: noSuchLicense },
  },
  changeLicense: {
    method: 'PATCH', path: '/licenses/:key', input: changeLicenseSchema, response: licenseStateSchema,
    summary: 'Changes a license, a named one too: for all, or for one installation', refusals: { 404: noSuchLicense },
  },
  deleteLicense: {
    method: 'DELETE', path: '/licenses/:key', input: nothing, response: emptySchema, summary: 'Deletes a license that was created here',
    refusals: { 404: noSuchLicense, 409: 'A named key cannot be deleted; a reset with this key undoes all changes to it.' },
  },
  issueToken: { method: 'POST', path: '/tokens', input: issueTokenSchema, response: issuedTokenSchema, summary: 'Signs a token to order' },
  listRequests: {
    method: 'GET', path: '/requests', input: requestsQuerySchema, response: z.array(recordedRequestSchema),
    summary: 'Lists the requests received under /api/v1/, oldest first; with `count`, once there are so many',
    refusals: { 504: 'The requests did not come in time.' },
  },
  clearRequests: { method: 'DELETE', path: '/requests', input: scopeSchema, response: emptySchema, summary: 'Forgets requests' },
  addFault: { method: 'POST', path: '/faults', input: faultRequestSchema, response: emptySchema, summary: 'Spoils calls that are to come' },
  listFaults: { method: 'GET', path: '/faults', input: scopeSchema, response: faultsSchema, summary: 'Lists the faults that are still to come' },
  clearFaults: {
    method: 'DELETE', path: '/faults', input: scopeSchema, response: emptySchema,
    summary: 'Forgets faults, and releases the responses held back',
  },
  getClock: {
    method: 'GET', path: '/clock', input: scopeSchema, response: clockStateSchema,
    summary: 'Says what the clock of the license server shows to an installation, for a license, or to whoever has none of their own',
  },
  setClock: { method: 'POST', path: '/clock', input: setClockSchema, response: emptySchema, summary: 'Shifts the clock of the license server' },
  listForks: {
    method: 'GET', path: '/forks', input: scopeSchema, response: z.array(forkSchema),
    summary: 'Lists leases presented that do not continue what the same installation presented before',
  },
} as const satisfies Record<string, ControlOperation>

export type ControlName = keyof typeof CONTROL
/** What a client may send, what the server makes of it, and what it answers. */
export type ControlInput<N extends ControlName> = z.input<(typeof CONTROL)[N]['input']>
export type ControlOrder<N extends ControlName> = z.output<(typeof CONTROL)[N]['input']>
export type ControlResponse<N extends ControlName> = z.output<(typeof CONTROL)[N]['response']>
/** The statuses an operation may refuse with. */
export type ControlRefusal<N extends ControlName> = (typeof CONTROL)[N] extends { refusals: infer R } ? keyof R : never

/** The placeholder of a path, if it has one. */
export const KEY_IN_PATH = ':key'
