import { z } from 'zod'
import type {
  CheckInDay, Diagnostics, DiagnosticsAnswer, DiagnosticStage, Entitlements, ErrorData, EventView, Feature, LicenseView, OutboundRequest,
  Preview, Rehearsal, ReplicasView, Session, SupportBundle, User, Warning,
} from './contracts.ts'
import {
  ACTORS, CHECK_NAMES, CHECK_RESULTS, DATABASE_KINDS, DIAGNOSTIC_STAGES, DIAGNOSTIC_VERDICTS, EVENT_KINDS, REHEARSED_BECAUSE,
  REPLICA_DISAGREEMENTS, ROLES, SKIPPED_BECAUSE, STAGE_RESULTS, STATES, SUPPORT_FORMAT, TERMS,
} from './contracts.ts'
import { ERROR_CODES } from './errors.ts'
import * as examples from './examples.ts'
import type { Finding, FindingCause } from './findings.ts'
import { FACTS, FINDING_STAGES, isFindingCause } from './findings.ts'
import { METHODS } from './method-rules.ts'

/*
 * What travels over the HTTP API, as schemas: the OpenAPI document describes responses by them, and tests check responses
 * against them. For the server only: a page that imported this file would bring zod along.
 */

/** ISO 8601 UTC. */
const time = z.iso.datetime().meta({ id: 'Time', description: 'ISO 8601, UTC', examples: ['2026-03-02T09:30:00.000Z'] })
const errorCode = z.enum(ERROR_CODES)
/** The particulars of a message or an entry; never a credential. */
const facts = z.record(z.string(), z.union([z.string(), z.number(), z.null()]))
const limits = z.record(z.string(), z.int().nullable()).meta({ description: 'by name; null means unlimited' })
const fact = z.union([z.string(), z.number(), z.null()])
export const findingSchema = z.object({
  code: z.enum([...ERROR_CODES, 'CLOCK_AHEAD', 'CLOCK_BEHIND']),
  reference: z.string().meta({ description: 'leads to its entry at /admin/license#' }),
  cause: z.custom<FindingCause>(isFindingCause).meta({ type: 'string', description: 'from a closed list' }),
  stage: z.enum(FINDING_STAGES),
  facts: z.partialRecord(z.enum(FACTS), fact).meta({ description: 'what the sentence about this cause says' }),
  at: time,
}).meta({ id: 'Finding', examples: [examples.FINDING], description: 'what went wrong, where it was seen' })
const failure = z.object({ code: errorCode, reference: z.string(), at: time })

export const warningSchema = z.discriminatedUnion('code', [
  z.object({ code: z.literal('EXPIRES_SOON'), expiresAt: time, days: z.int() }),
  z.object({ code: z.literal('CHECK_IN_FAILING'), since: time, failures: z.int(), lastError: failure.nullable() }),
  z.object({ code: z.literal('CLOCK_BEHIND'), seconds: z.int(), wallTime: time, trustedTime: time }),
  z.object({ code: z.literal('CLOCK_AHEAD'), seconds: z.int(), wallTime: time, trustedTime: time }),
  z.object({ code: z.literal('SEATS_EXCEEDED'), seats: z.int(), used: z.int() }),
  z.object({ code: z.literal('ENV_DIFFERS'), error: errorCode.nullable(), reference: z.string().nullable() }),
  z.object({ code: z.literal('SANDBOX_BUILD') }),
]).meta({ id: 'Warning', examples: [{ code: 'SEATS_EXCEEDED', seats: 50, used: 53 }] })

export const licenseViewSchema = z.object({
  state: z.enum(STATES),
  entitled: z.boolean(),
  method: z.enum(METHODS).nullable(),
  plan: z.string().nullable(),
  licensee: z.object({
    organization: z.string(),
    email: z.string().nullable().meta({ description: 'null for a viewer' }),
  }).nullable(),
  features: z.array(z.string()),
  seats: z.int().nullable().meta({ description: 'null if unlimited, or if there is no license' }),
  limits,
  seatsUsed: z.int().nullable(),
  licenseId: z.string().nullable(),
  maskedKey: z.string().nullable(),
  issuedAt: time.nullable(),
  expiresAt: time.nullable(),
  activatedAt: time.nullable(),
  graceEndsAt: time.nullable(),
  renews: z.boolean().nullable(),
  deactivation: z.object({ pendingUntil: time }).nullable(),
  checkIn: z.object({
    lastSuccessAt: time.nullable(),
    lastAttemptAt: time.nullable(),
    nextAt: time.nullable(),
    consecutiveFailures: z.int(),
    lastError: failure.nullable(),
  }).nullable(),
  instanceId: z.string(),
  boundTo: z.string().nullable().meta({ description: 'Instance ID the license is signed for' }),
  reason: z.string().nullable().meta({ description: 'the vendor\'s reason for a verdict' }),
  verdictAt: time.nullable().meta({ description: 'when the verdict against the license was first issued' }),
  invalidBecause: z.object({ code: errorCode, reference: z.string() }).nullable().meta({ description: 'why the stored license does not verify' }),
  finding: findingSchema.nullable().meta({ description: 'what to deal with first; null if all is well' }),
  managedByEnv: z.boolean(),
  previous: z.object({
    method: z.enum(METHODS), plan: z.string(), expiresAt: time, until: time.meta({ description: 'how long it can be put back' }),
  }).nullable().meta({ description: 'the license replaced by this one, as long as it can be put back' }),
  warnings: z.array(warningSchema),
  revision: z.int(),
  serverTime: time,
}).meta({ id: 'License', examples: [examples.LICENSE] })

export const eventSchema = z.object({
  id: z.int(),
  kind: z.enum(EVENT_KINDS),
  at: time.meta({ description: 'of the newest check-in, if several are folded into this entry' }),
  firstAt: time,
  count: z.int().meta({ description: 'how many equal check-ins are folded into this entry' }),
  actor: z.enum(ACTORS),
  actorEmail: z.string().nullable().meta({ description: 'null for a viewer' }),
  address: z.string().nullable().meta({ description: 'null for a viewer' }),
  details: facts,
  finding: findingSchema.nullable(),
}).meta({ id: 'Event', examples: [examples.EVENT] })

export const checkInDaySchema = z.object({
  day: z.iso.date(), good: z.int(), failed: z.int(), off: z.boolean().meta({ description: 'on or after the day of the verdict that stands' }),
}).meta({ id: 'CheckInDay', examples: examples.SUPPORT_BUNDLE.checkIns })

export const previewSchema = z.object({
  method: z.enum(METHODS),
  accepted: z.boolean().meta({ description: 'for a key: it has the right form, and the license server decides' }),
  error: z.object({ code: errorCode, reference: z.string(), finding: findingSchema.nullable(), details: facts.optional() }).nullable(),
  checks: z.array(z.object({
    name: z.enum(CHECK_NAMES),
    status: z.enum(CHECK_RESULTS),
    expected: z.string().nullable(),
    found: z.string().nullable(),
  })),
  difference: z.array(z.object({
    field: z.enum(TERMS),
    current: z.string().nullable(),
    next: z.string().nullable(),
  })).nullable(),
  sends: z.object({ method: z.string(), url: z.string(), body: z.record(z.string(), z.unknown()) }).nullable()
    .meta({ description: 'the literal request, but with the key masked; null if nothing would be sent' }),
}).meta({ id: 'Preview', examples: [examples.PREVIEW] })

export const diagnosticStageSchema = z.object({
  stage: z.enum(DIAGNOSTIC_STAGES),
  result: z.enum(STAGE_RESULTS),
  milliseconds: z.int().nullable(),
  code: findingSchema.shape.code.nullable(),
  remedy: z.string().nullable().meta({ description: 'what to do, in English; the screen has it in every language' }),
  finding: findingSchema.nullable().meta({ description: 'why it failed' }),
  because: z.enum(SKIPPED_BECAUSE).nullable().meta({ description: 'why it was skipped' }),
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
}).meta({ id: 'DiagnosticStage', examples: examples.DIAGNOSTICS.stages })
export const diagnosticsSchema = z.object({
  ok: z.boolean(),
  verdict: z.enum(DIAGNOSTIC_VERDICTS).meta({ description: 'what the run may claim' }),
  ranAt: time,
  stages: z.array(diagnosticStageSchema),
}).meta({ id: 'Diagnostics', examples: [examples.DIAGNOSTICS] })

const replicaSetSchema = z.object({
  seen: z.array(z.object({
    id: z.string(), version: z.string(), commit: z.string(), startedAt: time, lastSeenAt: time,
    state: z.enum(STATES).meta({ description: 'what it would answer' }), revision: z.int(),
    holdsClaim: z.boolean().meta({ description: 'it makes a scheduled call at this moment' }),
  })),
  disagreeAbout: z.array(z.enum(REPLICA_DISAGREEMENTS)).meta({ description: '`state`: of the same revision of the license' }),
})
export const replicasSchema = replicaSetSchema.extend({
  asOf: time.meta({ description: 'by the database\'s clock, as `lastSeenAt` is' }),
  answeredBy: z.string().meta({ description: 'which of them gave this answer' }),
  remedy: z.string().nullable().meta({ description: 'what to do if they disagree, in English; the screen has it in every language' }),
}).meta({ id: 'Replicas', examples: [examples.REPLICAS], description: 'the processes that share a database, where there are several' })
export const diagnosticsAnswerSchema = diagnosticsSchema.extend({ replicas: replicasSchema.optional() })
  .meta({ id: 'DiagnosticsAnswer', examples: [{ ...examples.DIAGNOSTICS, replicas: examples.REPLICAS }] })

export const outboundSchema = z.object({
  at: time,
  method: z.string(),
  url: z.string(),
  body: z.record(z.string(), z.unknown()).nullable(),
}).meta({ id: 'OutboundRequest', examples: [examples.OUTBOUND], description: 'the last literal request to the license server, but with key and lease masked and the secret left out' })

export const supportBundleSchema = z.object({
  format: z.literal(SUPPORT_FORMAT),
  createdAt: time,
  replicas: replicaSetSchema.optional().meta({ description: 'the processes that share a PostgreSQL database, and what they disagree about' }),
  build: z.object({ version: z.string(), commit: z.string(), sandbox: z.boolean(), trustedKids: z.array(z.string()) }),
  runtime: z.object({ node: z.string(), platform: z.string(), arch: z.string(), replica: z.string(), uptimeSeconds: z.int() }),
  storage: z.object({
    kind: z.enum(DATABASE_KINDS), location: z.string(), up: z.boolean(), since: time.nullable(), lastWriteAt: time.nullable(),
  }),
  configuration: z.record(z.string(), z.unknown()),
  licenseServer: z.object({ url: z.string(), configured: z.boolean(), proxy: z.string().nullable() }),
  license: licenseViewSchema.omit({ licensee: true }).extend({ licensee: z.object({ organization: z.string() }).nullable() }),
  clocks: z.object({ effective: time, wall: time, trusted: time.nullable(), continuous: z.boolean(), uptimeSeconds: z.int() }),
  findings: z.array(findingSchema),
  diagnostics: diagnosticsSchema.nullable(),
  lastRequest: outboundSchema.nullable(),
  checkIns: z.array(checkInDaySchema),
  events: z.array(eventSchema),
}).meta({ id: 'SupportBundle', examples: [examples.SUPPORT_BUNDLE] })

export const rehearsalSchema = z.object({
  from: time.meta({ description: 'now' }),
  until: time.meta({ description: 'how far it looks: a day beyond the end of the outage, and never more than 400 days' }),
  states: z.array(z.object({
    at: time.meta({ description: 'the true time' }),
    state: z.enum(STATES),
    entitled: z.boolean(),
    clock: time.meta({ description: 'what this server\'s clock would say then' }),
    sentence: z.string().meta({ description: 'in English; the screen has it in every language' }),
    because: z.enum(REHEARSED_BECAUSE).meta({ description: '`clock`: only a wrong clock brings it about' }),
  })).meta({ description: 'the present state, and every change' }),
}).meta({ id: 'Rehearsal', examples: [examples.REHEARSAL], description: 'the states to come under a supposition, if the term is not renewed' })

export const entitlementsSchema = z.object({
  state: z.enum(STATES),
  entitled: z.boolean(),
  plan: z.string().nullable(),
  features: z.array(z.string()),
  limits,
  seats: z.int().nullable(),
  expiresAt: time.nullable(),
  validUntil: time.nullable().meta({ description: 'how long this may be relied on if nobody can be asked again; null if not entitled' }),
  serverTime: time.meta({ description: 'the time by which all of this was judged; not part of the ETag' }),
  lease: z.string().nullable().meta({ description: 'compact JWS, for the service token only' }),
}).meta({ id: 'Entitlements', examples: [examples.ENTITLEMENTS] })

export const featureSchema = z.object({
  name: z.string(),
  title: z.string().meta({ description: 'in English; for a name outside the catalogue, the name itself' }),
  licensed: z.boolean().meta({ description: 'may be used now' }),
}).meta({ id: 'Feature', examples: [examples.FEATURE] })

export const userSchema = z.object({
  id: z.string(), email: z.string(), role: z.enum(ROLES), createdAt: time, lastSeenAt: time.nullable(),
}).meta({ id: 'User', examples: [examples.USER] })
export const sessionSchema = z.object({ user: userSchema.pick({ id: true, email: true, role: true }) }).meta({ id: 'Session', examples: [examples.SESSION] })

/** The body of every error response, and the data of the event `failed`. */
export const errorSchema = z.object({
  error: z.literal(true),
  statusCode: z.int(),
  statusMessage: errorCode,
  message: errorCode,
  data: z.object({
    code: errorCode,
    reference: z.string().regex(/^NCL-\d{3}$/).meta({ description: 'short enough to read out over the phone; leads to its entry at /admin/license#' }),
    requestId: z.string().optional().meta({ description: 'leads to the log lines of this request' }),
    fields: z.record(z.string(), z.string()).optional().meta({ description: 'of VALIDATION: what is wrong with which field' }),
    details: facts.optional(),
    finding: findingSchema.optional(),
  }),
}).meta({ id: 'Error', examples: [examples.ERROR] })

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false
type Holds<T extends true> = T
/** Does not compile unless each schema reads exactly what the contract says, neither more nor less. */
export type ContractsHold = [
  Holds<Same<z.output<typeof warningSchema>, Warning>>,
  Holds<Same<z.output<typeof findingSchema>, Finding>>,
  Holds<Same<z.output<typeof supportBundleSchema>, SupportBundle>>,
  Holds<Same<z.output<typeof licenseViewSchema>, LicenseView>>,
  Holds<Same<z.output<typeof eventSchema>, EventView>>,
  Holds<Same<z.output<typeof checkInDaySchema>, CheckInDay>>,
  Holds<Same<z.output<typeof previewSchema>, Preview>>,
  Holds<Same<z.output<typeof diagnosticStageSchema>, DiagnosticStage>>,
  Holds<Same<z.output<typeof diagnosticsSchema>, Diagnostics>>,
  Holds<Same<z.output<typeof replicasSchema>, ReplicasView>>,
  Holds<Same<z.output<typeof diagnosticsAnswerSchema>, DiagnosticsAnswer>>,
  Holds<Same<z.output<typeof outboundSchema>, OutboundRequest>>,
  Holds<Same<z.output<typeof rehearsalSchema>, Rehearsal>>,
  Holds<Same<z.output<typeof entitlementsSchema>, Entitlements>>,
  Holds<Same<z.output<typeof featureSchema>, Feature>>,
  Holds<Same<z.output<typeof userSchema>, User>>,
  Holds<Same<z.output<typeof sessionSchema>, Session>>,
  Holds<z.output<typeof errorSchema>['data'] extends ErrorData ? true : false>,
  Holds<ErrorData extends z.output<typeof errorSchema>['data'] ? true : false>,
]
