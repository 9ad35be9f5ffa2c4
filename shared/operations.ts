import { z } from 'zod'
import { EVENT_GROUPS, EVENT_KINDS, LONGEST_CLOCK_OFFSET, ROLES } from './contracts.ts'
import type { ErrorCode, ErrorGroup } from './errors.ts'
import { ERROR_CODES, ERRORS } from './errors.ts'
import { SAVE_STEPS } from './method-rules.ts'
import { isUsablePassword, PASSWORD_MAX, PASSWORD_MIN } from './password.ts'
import {
  checkInDaySchema, diagnosticsAnswerSchema, diagnosticsSchema, diagnosticStageSchema, entitlementsSchema, eventSchema, featureSchema,
  licenseViewSchema, outboundSchema, previewSchema, rehearsalSchema, replicasSchema, sessionSchema, supportBundleSchema, userSchema,
} from './schemas.ts'

/*
 * The HTTP API as data: routes follow it, the OpenAPI document is generated from it, and a test compares it with the route
 * files, so that no route can lack an access rule.
 */

/**
 * Who may call: anyone; a session; an admin's session; a session or the service token; the service token alone. The token
 * in NC_ADMIN_TOKEN is accepted wherever an admin's session is.
 */
export type Access = 'public' | 'session' | 'admin' | 'session-or-service' | 'service'

export interface Operation {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  path: `/${string}`
  access: Access
  /** About the caller's own account or session, so not for a token. */
  person?: true
  summary: string
  body?: z.ZodType
  query?: z.ZodType
  params?: z.ZodType
  response?: z.ZodType
  /** Of a success; 200 by default. */
  status?: number
  /** Besides those that every route with this access can return. */
  errors?: readonly ErrorCode[]
  /** An error that the query can ask for under another status than its own. */
  alsoAs?: Readonly<Record<number, ErrorCode>>
  /** Answers also while the database is away. */
  needsNoDatabase?: true
  /** Sends an `ETag`, and 304 to whoever has that version already. */
  etag?: true
  /** Begins a session, and sets its cookie; or ends one, and deletes the cookie if it came along. */
  session?: 'begins' | 'ends'
  /** Sends a file to be saved. */
  download?: true
  /**
   * Also available as server-sent events, if `Accept` asks for `text/event-stream`: these, by name and with their data, then
   * `done` with the response, or `failed` with an error.
   */
  events?: Readonly<Record<string, z.ZodType>>
  /** The media type of a response that is text and not JSON. */
  text?: string
  /** Also available as CSV, if the query asks for `format=csv`. */
  csv?: true
}

const email = z.email().max(254).toLowerCase()
const password = z.string().refine(isUsablePassword)
  .meta({ minLength: PASSWORD_MIN, maxLength: PASSWORD_MAX, description: 'not only white space; compared in NFC' })
/** A password accepted once is never refused for its form: decomposed (NFD), it may be several times as long. */
const presentedPassword = z.string().min(1).max(4 * PASSWORD_MAX)
const revision = z.int().min(0).optional().meta({ description: 'of the license view this is based on; CONFLICT if it has changed since' })
const credential = z.string().max(16_384)
const KEY = 'nc_ag_example_of_a_key'
/** For what is looked up in the database as sent: PostgreSQL fails on a NUL, and nothing of ours has control characters. */
const PRINTABLE = /^[^\u0000-\u001F\u007F-\u009F]*$/
const userParams = z.object({ id: z.string().min(1).max(64).regex(PRINTABLE).meta({ description: 'of the account' }) })

const moment = z.iso.datetime({ offset: true })
const eventFilter = z.enum([...EVENT_KINDS, ...EVENT_GROUPS]).optional().meta({ description: 'one kind, or one group of kinds' })
const supposition = z.object({
  offlineFrom: moment.optional().meta({ description: 'no internet from then on; now if it has passed, or if only `offlineUntil` is given' }),
  offlineUntil: moment.optional().meta({ description: 'the internet is back; without it, it stays away' }),
  clockOffsetSeconds: z.int().min(-LONGEST_CLOCK_OFFSET).max(LONGEST_CLOCK_OFFSET).optional()
    .meta({ description: 'how far this server\'s clock is ahead (negative: behind) from now on, besides what it may be already' }),
}).refine(({ offlineFrom, offlineUntil }) => !offlineFrom || !offlineUntil || Date.parse(offlineFrom) <= Date.parse(offlineUntil), { path: ['offlineUntil'] })

const ofGroup = (group: ErrorGroup) => ERROR_CODES.filter(code => ERRORS[code].group === group)
const NETWORK_ERRORS = ofGroup('network')
const SAVE_ERRORS: readonly ErrorCode[] = [...ofGroup('credential'), 'CONFLICT', 'MANAGED_BY_ENV', 'RATE_LIMITED', ...NETWORK_ERRORS]

export const OPERATIONS = {
  login: {
    method: 'POST', path: '/api/auth/login', access: 'public', summary: 'Sign in',
    body: z.object({ email: z.string().max(254).trim().toLowerCase().regex(PRINTABLE), password: presentedPassword })
      .meta({ examples: [{ email: 'admin@example.com', password: 'a long passphrase here' }] }),
    response: sessionSchema, errors: ['UNAUTHENTICATED', 'RATE_LIMITED'], session: 'begins',
  },
  logout: { method: 'POST', path: '/api/auth/logout', access: 'public', summary: 'End the session on the server', status: 204, session: 'ends' },
  getSession: { method: 'GET', path: '/api/auth/session', access: 'session', person: true, summary: 'Who is signed in', response: sessionSchema },
  changePassword: {
    method: 'PUT', path: '/api/auth/password', access: 'session', person: true, summary: 'Change your own password; ends your other sessions',
    body: z.object({ current: presentedPassword, next: password })
      .meta({ examples: [{ current: 'a long passphrase here', next: 'staple of the panel' }] }),
    response: sessionSchema, errors: ['RATE_LIMITED'], session: 'begins',
  },
  getSetup: {
    method: 'GET', path: '/api/auth/setup', access: 'public', summary: 'Whether the first administrator is still to be created',
    response: z.object({ pending: z.boolean() }),
  },
  setup: {
    method: 'POST', path: '/api/auth/setup', access: 'public', summary: 'Create the first administrator',
    body: z.object({ token: z.string().min(1).max(256), email, password })
      .meta({ examples: [{ token: 'from-the-link-in-the-log', email: 'admin@example.com', password: 'a long passphrase here' }] }),
    response: sessionSchema,
    errors: ['FORBIDDEN', 'CONFLICT', 'RATE_LIMITED'], session: 'begins',
  },
  listUsers: { method: 'GET', path: '/api/users', access: 'admin', summary: 'Accounts', response: z.object({ users: z.array(userSchema) }) },
  createUser: {
    method: 'POST', path: '/api/users', access: 'admin', summary: 'Create an account', status: 201,
    body: z.object({ email, password, role: z.enum(ROLES) })
      .meta({ examples: [{ email: 'auditor@example.com', password: 'a long passphrase here', role: 'viewer' }] }),
    response: userSchema, errors: ['CONFLICT', 'RATE_LIMITED'],
  },
  updateUser: {
    method: 'PATCH', path: '/api/users/:id', access: 'admin', summary: 'Change role or password; ends that account\'s sessions',
    params: userParams, body: z.object({ role: z.enum(ROLES).optional(), password: password.optional() })
      .refine(body => body.role !== undefined || body.password !== undefined)
      .meta({ examples: [{ role: 'admin' }], minProperties: 1 }),
    response: userSchema, errors: ['NOT_FOUND', 'CONFLICT', 'RATE_LIMITED'],
  },
  deleteUser: {
    method: 'DELETE', path: '/api/users/:id', access: 'admin', summary: 'Remove an account', status: 204,
    params: userParams, errors: ['NOT_FOUND', 'CONFLICT'],
  },
  getLicense: { method: 'GET', path: '/api/license', access: 'session', summary: 'The license', response: licenseViewSchema },
  previewLicense: {
    method: 'POST', path: '/api/license/preview', access: 'session', summary: 'What saving would do; changes nothing, calls nobody',
    body: z.object({ credential }).meta({ examples: [{ credential: KEY }] }), response: previewSchema,
    errors: ['CREDENTIAL_MALFORMED', 'RATE_LIMITED'],
  },
  rehearse: {
    method: 'POST', path: '/api/license/what-if', access: 'session',
    summary: 'The states to come without internet access or with a wrong clock; changes nothing, calls nobody',
    body: supposition.meta({ examples: [{ offlineUntil: '2026-12-24T08:00:00Z' }, { clockOffsetSeconds: 86_400 }] }),
    response: rehearsalSchema, errors: ['RATE_LIMITED'],
  },
  saveLicense: {
    method: 'PUT', path: '/api/license', access: 'admin', summary: 'Activate a license key or token',
    body: z.object({ credential, revision }).meta({ examples: [{ credential: KEY, revision: 4 }] }),
    response: licenseViewSchema, errors: SAVE_ERRORS, events: { step: z.object({ step: z.enum(SAVE_STEPS) }) },
  },
  putBack: {
    method: 'POST', path: '/api/license/previous', access: 'admin', summary: 'Put the license back that the present one replaced',
    body: z.object({ revision }).meta({ examples: [{ revision: 4 }] }), response: licenseViewSchema,
    errors: [...ofGroup('credential'), 'CONFLICT', 'MANAGED_BY_ENV', 'NOT_FOUND', 'RATE_LIMITED'],
  },
  removeLicense: {
    method: 'DELETE', path: '/api/license', access: 'admin', summary: 'Remove the license',
    body: z.object({ revision }).meta({ examples: [{ revision: 4 }] }),
    response: licenseViewSchema, errors: ['CONFLICT', 'MANAGED_BY_ENV', 'NO_LICENSE'],
  },
  checkIn: {
    method: 'POST', path: '/api/license/check-in', access: 'admin', summary: 'Check in (standard) or renew (airgapped) now',
    response: licenseViewSchema, errors: ['NO_LICENSE', 'NO_CALLS_FOR_OFFLINE', 'CONFLICT', 'RATE_LIMITED', ...NETWORK_ERRORS],
  },
  listCheckIns: {
    method: 'GET', path: '/api/license/check-ins', access: 'session', summary: 'Check-ins per day (UTC)',
    query: z.object({ days: z.coerce.number().int().min(1).max(400).default(30).meta({ description: 'how many, up to today' }) }),
    response: z.object({ days: z.array(checkInDaySchema) }),
  },
  listEvents: {
    method: 'GET', path: '/api/license/events', access: 'session', summary: 'Activity, newest first; of one kind or group of kinds if asked',
    query: z.object({
      before: z.coerce.number().int().min(1).optional().meta({ description: 'the `nextBefore` of the page before' }),
      limit: z.coerce.number().int().min(1).max(200).default(50).meta({ description: 'how many at most' }),
      kind: eventFilter,
    }),
    response: z.object({ events: z.array(eventSchema), nextBefore: z.int().nullable() }),
  },
  exportEvents: {
    method: 'GET', path: '/api/license/events/export', access: 'session', summary: 'The whole activity, newest first, as a download',
    query: z.object({ format: z.enum(['csv', 'json']).default('json').meta({ description: 'of the file' }), kind: eventFilter }),
    response: z.object({ events: z.array(eventSchema) }), csv: true, download: true,
  },
  diagnose: {
    method: 'POST', path: '/api/license/diagnostics', access: 'admin', summary: 'Test the way to the license server, stage by stage',
    response: diagnosticsAnswerSchema, errors: ['RATE_LIMITED'], events: { stage: diagnosticStageSchema },
  },
  getDiagnostics: {
    method: 'GET', path: '/api/license/diagnostics', access: 'session', summary: 'The last run of the diagnostics, and the replicas where there are several',
    response: z.object({ last: diagnosticsSchema.nullable(), replicas: replicasSchema.optional() }),
  },
  getSupportBundle: {
    method: 'GET', path: '/api/license/support-bundle', access: 'session', summary: 'Redacted facts for support, as a download',
    response: supportBundleSchema, download: true,
  },
  getActivationRequest: {
    method: 'GET', path: '/api/license/activation-request', access: 'session', summary: 'Text to send to the vendor for an offline token',
    response: z.object({
      instanceId: z.string(), maskedKey: z.string().nullable(), version: z.string(), email: z.string(), text: z.string(),
    }),
  },
  getOutbound: {
    method: 'GET', path: '/api/license/outbound', access: 'session', summary: 'The last request to the license server, literally',
    response: z.object({ last: outboundSchema.nullable() }),
  },
  getEntitlements: {
    method: 'GET', path: '/api/entitlements', access: 'session-or-service', summary: 'What is licensed, for services',
    response: entitlementsSchema, etag: true,
  },
  listFeatures: {
    method: 'GET', path: '/api/features', access: 'session-or-service', summary: 'Every feature with its title, licensed or not',
    response: z.object({ features: z.array(featureSchema) }),
  },
  checkFeature: {
    method: 'GET', path: '/api/features/:name', access: 'session-or-service', summary: 'Is this feature licensed?', status: 204,
    params: z.object({ name: z.string().min(1).max(256).meta({ description: 'of the feature', examples: ['sso'] }) }),
    query: z.object({ deny: z.literal('403').optional().meta({ description: 'the status of a refusal, for proxies that do not know 402' }) }), errors: ['FEATURE_NOT_LICENSED'], alsoAs: { 403: 'FEATURE_NOT_LICENSED' },
  },
  putUsage: {
    method: 'PUT', path: '/api/usage', access: 'service', summary: 'How many seats are used',
    body: z.object({ seats: z.int().min(0).max(1_000_000_000) }).meta({ examples: [{ seats: 31 }] }), status: 204,
  },
  live: {
    method: 'GET', path: '/api/health/live', access: 'public', summary: 'The process answers',
    response: z.object({ status: z.literal('ok') }), needsNoDatabase: true,
  },
  ready: {
    method: 'GET', path: '/api/health/ready', access: 'public', summary: 'The database answers',
    response: z.object({
      status: z.literal('ok'),
      version: z.string().optional().meta({ description: 'for the service token' }),
      commit: z.string().optional().meta({ description: 'for the service token' }),
    }),
    errors: ['STORAGE_UNAVAILABLE'],
  },
  openapi: {
    method: 'GET', path: '/api/openapi.json', access: 'public', summary: 'This document',
    response: z.record(z.string(), z.unknown()), needsNoDatabase: true,
  },
  metrics: { method: 'GET', path: '/metrics', access: 'service', summary: 'Prometheus metrics', text: 'text/plain', needsNoDatabase: true },
} as const satisfies Record<string, Operation>

export type OperationName = keyof typeof OPERATIONS
