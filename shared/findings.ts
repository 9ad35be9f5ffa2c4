import type { ErrorCode } from './errors.ts'
import { ERRORS, isErrorCode } from './errors.ts'

/*
 * Findings: what went wrong, as one value, made where it was seen and told in the same words everywhere. This is the closed list
 * of causes; each has a sentence that says what was seen and one that says what to do, in every language
 * (`finding` in app/locales), or nothing compiles.
 */

/** Where something can go wrong, in the order in which it is met. */
export const FINDING_STAGES = ['storage', 'credential', 'configuration', 'dns', 'proxy', 'tcp', 'tls', 'http', 'clock'] as const
export type FindingStage = (typeof FINDING_STAGES)[number]

/** Particulars of a finding, by name. Never a credential, and of other people's text only what `foreignText` lets through. */
export const FACTS = [
  'address', 'bytes', 'character', 'claim', 'clock', 'contentType', 'difference', 'errno', 'example', 'expected', 'expiresAt', 'found', 'host',
  'instanceId', 'issuer', 'kid', 'location', 'member', 'names', 'place', 'port', 'promised', 'proxy', 'refusal', 'resolvers',
  'retryAt', 'seconds', 'server', 'setting', 'startsAt', 'status', 'subject', 'target', 'title', 'trusted', 'until', 'url', 'user',
  'validFrom', 'validTo', 'version',
] as const
export type FactName = (typeof FACTS)[number]
export type FactValue = string | number | null
export type FindingFacts = Partial<Record<FactName, FactValue>>

/** A cause: where it is met, the facts that its sentences name, and its variants, each with sentences of its own. */
interface CauseRow { stage: FindingStage, facts: readonly FactName[], variants?: readonly string[] }

const CAUSES = {
  dns_no_such_name: { stage: 'dns', facts: ['host'], variants: ['configured'] },
  dns_silent: { stage: 'dns', facts: ['host'], variants: ['failed'] },
  refused: { stage: 'tcp', facts: ['host', 'port'], variants: ['configured'] },
  no_route: { stage: 'tcp', facts: ['host', 'port'], variants: ['configured'] },
  dropped: { stage: 'tcp', facts: ['host', 'port', 'seconds'], variants: ['configured'] },
  handshake_cut: { stage: 'tls', facts: ['host', 'port'] },
  not_tls: { stage: 'tls', facts: ['host', 'port'] },
  tls_version: { stage: 'tls', facts: ['host', 'version'], variants: ['unknown'] },
  certificate_expired: { stage: 'tls', facts: ['host', 'subject', 'validTo', 'clock'] },
  certificate_not_yet_valid: { stage: 'tls', facts: ['host', 'subject', 'validFrom', 'clock'] },
  certificate_self_signed: { stage: 'tls', facts: ['host', 'subject'] },
  certificate_other_name: { stage: 'tls', facts: ['host', 'names'] },
  certificate_unknown_issuer: { stage: 'tls', facts: ['host', 'issuer'] },
  certificate_invalid: { stage: 'tls', facts: ['host', 'errno'] },
  proxy_refused: { stage: 'proxy', facts: ['proxy'] },
  proxy_silent: { stage: 'proxy', facts: ['proxy', 'seconds'] },
  proxy_not_found: { stage: 'proxy', facts: ['proxy'] },
  proxy_login: { stage: 'proxy', facts: ['proxy', 'host', 'status', 'example'], variants: ['rejected', 'unknown'] },
  proxy_forbids: { stage: 'proxy', facts: ['proxy', 'host', 'port', 'status'] },
  proxy_cannot_reach: { stage: 'proxy', facts: ['proxy', 'host', 'port', 'status'] },
  no_answer: { stage: 'http', facts: ['host', 'seconds'], variants: ['handshake', 'plain'] },
  reset_while_receiving: { stage: 'http', facts: ['host', 'bytes'], variants: ['nothing'] },
  stalled_while_receiving: { stage: 'http', facts: ['host', 'bytes', 'seconds'] },
  cut_answer: { stage: 'http', facts: ['host', 'bytes'] },
  web_page: { stage: 'http', facts: ['host', 'status', 'title'], variants: ['titled'] },
  redirect: { stage: 'http', facts: ['host', 'target', 'status'], variants: ['nowhere'] },
  gateway: { stage: 'http', facts: ['status'] },
  not_a_license_server: { stage: 'http', facts: ['url', 'status'], variants: ['configured'] },
  server_error: { stage: 'http', facts: ['host', 'status'] },
  server_error_foreign: { stage: 'http', facts: ['host', 'status'] },
  rate_limited: { stage: 'http', facts: ['host', 'retryAt'], variants: ['until'] },
  unreadable_answer: { stage: 'http', facts: ['host'], variants: ['signature'] },
  answer_not_ours: { stage: 'http', facts: ['host'] },
  answer_stale: { stage: 'http', facts: ['host'], variants: ['seq'] },
  signer_unknown: { stage: 'http', facts: ['host', 'kid'] },
  refused_unknown_key: { stage: 'http', facts: [] },
  refused_expired: { stage: 'http', facts: [] },
  refused_revoked: { stage: 'http', facts: [] },
  refused_suspended: { stage: 'http', facts: [] },
  refused_bound_elsewhere: { stage: 'http', facts: [] },
  refused_method_not_in_plan: { stage: 'http', facts: [] },
  refused_bad_request: { stage: 'http', facts: [] },

  key_unknown: { stage: 'http', facts: [] },
  subscription_ended: { stage: 'http', facts: [] },
  revoked: { stage: 'http', facts: [] },
  suspended: { stage: 'http', facts: [] },
  bound_elsewhere: { stage: 'http', facts: ['instanceId'] },
  method_not_in_plan: { stage: 'http', facts: [] },

  empty: { stage: 'credential', facts: [] },
  words_around: { stage: 'credential', facts: [] },
  two_credentials: { stage: 'credential', facts: [] },
  part_of_token: { stage: 'credential', facts: [] },
  token_cut: { stage: 'credential', facts: [] },
  token_changed: { stage: 'credential', facts: [] },
  instance_id_pasted: { stage: 'credential', facts: [] },
  request_pasted: { stage: 'credential', facts: [] },
  masked_key_pasted: { stage: 'credential', facts: [] },
  capitals: { stage: 'credential', facts: [] },
  quotes_around: { stage: 'credential', facts: [] },
  hidden_character: { stage: 'credential', facts: ['character', 'place'] },
  wrong_encoding: { stage: 'credential', facts: [] },
  offline_in_force: { stage: 'credential', facts: [] },
  not_a_credential: { stage: 'credential', facts: [] },
  other_installation: { stage: 'credential', facts: ['expected', 'found'] },
  ended: { stage: 'credential', facts: ['expiresAt'], variants: ['stored'] },
  claims_invalid: { stage: 'credential', facts: ['claim'] },
  not_yet_valid: { stage: 'credential', facts: ['startsAt', 'clock'] },
  older_than_current: { stage: 'credential', facts: [] },
  other_kind: { stage: 'credential', facts: [] },
  unknown_signer: { stage: 'credential', facts: ['kid'], variants: ['stored'] },

  clock_ahead: { stage: 'clock', facts: ['difference', 'clock', 'trusted', 'expiresAt'], variants: ['zone', 'ended', 'perhaps'] },
  clock_behind: { stage: 'clock', facts: ['difference', 'clock', 'trusted'], variants: ['zone'] },

  disk_full: { stage: 'storage', facts: ['location'] },
  read_only: { stage: 'storage', facts: ['location'] },
  locked: { stage: 'storage', facts: ['location'] },
  unreachable: { stage: 'storage', facts: ['location'] },
  login_refused: { stage: 'storage', facts: ['location'] },
  no_right: { stage: 'storage', facts: ['location'] },
  schema_missing: { stage: 'storage', facts: ['location'] },
  connection_limit: { stage: 'storage', facts: ['location'] },
  damaged: { stage: 'storage', facts: ['location'] },
  file_gone: { stage: 'storage', facts: ['location'] },
  row_edited: { stage: 'storage', facts: [], variants: ['older', 'unfit'] },
} as const satisfies Record<string, CauseRow>

export type FindingCause = keyof typeof CAUSES
type VariantsOf<C extends FindingCause> = (typeof CAUSES)[C] extends { variants: readonly (infer V extends string)[] } ? `${C}_${V}` : never
/** What has sentences of its own: a cause, or a variant of one. */
export type FindingText = FindingCause | { [C in FindingCause]: VariantsOf<C> }[FindingCause]

export const FINDING_CAUSES: Readonly<Record<FindingCause, CauseRow>> = CAUSES

/** Codes of what is no error of a call: the two ways in which this server's clock can be wrong. */
const CLOCK_CODES = { CLOCK_AHEAD: 'NCL-401', CLOCK_BEHIND: 'NCL-402' } as const
export type ClockCode = keyof typeof CLOCK_CODES
export type FindingCode = ErrorCode | ClockCode

/** What went wrong. `at`: ISO 8601, UTC. */
export interface Finding {
  code: FindingCode
  reference: string
  cause: FindingCause
  stage: FindingStage
  facts: FindingFacts
  at: string
}

/** A finding as it is seen; it becomes one with its time. */
export interface Seen<C extends FindingCode = FindingCode> { code: C, cause: FindingCause, stage: FindingStage, facts: FindingFacts }

/** Describes what was seen. `stage` is where this cause is usually met, unless it was met elsewhere. */
export function seen<C extends FindingCode>(
  code: C, cause: FindingCause, facts: FindingFacts = {}, stage: FindingStage = CAUSES[cause].stage,
): Seen<C> {
  return { code, cause, stage, facts: withoutEmpty(facts) }
}

/** The finding of what was seen, at a time in ms. */
export function findingOf({ code, cause, stage, facts }: Seen, at: number): Finding {
  return { code, reference: referenceOf(code), cause, stage, facts, at: new Date(Math.round(at)).toISOString() }
}

export function referenceOf(code: FindingCode): string {
  return isClockCode(code) ? CLOCK_CODES[code] : ERRORS[code].reference
}

export function isClockCode(value: unknown): value is ClockCode {
  return typeof value === 'string' && Object.hasOwn(CLOCK_CODES, value)
}

export function isFindingCode(value: unknown): value is FindingCode {
  return isErrorCode(value) || isClockCode(value)
}

export function isFindingCause(value: unknown): value is FindingCause {
  return typeof value === 'string' && Object.hasOwn(CAUSES, value)
}

function withoutEmpty(facts: FindingFacts): FindingFacts {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== null && value !== undefined && value !== ''))
}

type Facts = FindingFacts
const VARIANT: { [C in FindingCause as VariantsOf<C> extends never ? never : C]: (facts: Facts, stage: FindingStage) => FindingText } = {
  dns_no_such_name: ({ setting }) => setting ? 'dns_no_such_name_configured' : 'dns_no_such_name',
  refused: ({ setting }) => setting ? 'refused_configured' : 'refused',
  no_route: ({ setting }) => setting ? 'no_route_configured' : 'no_route',
  dropped: ({ setting }) => setting ? 'dropped_configured' : 'dropped',
  dns_silent: ({ setting }) => setting === 'failed' ? 'dns_silent_failed' : 'dns_silent',
  tls_version: ({ version }) => version ? 'tls_version' : 'tls_version_unknown',
  proxy_login: ({ setting }, stage) => stage === 'http' ? 'proxy_login_unknown' : setting === 'login' ? 'proxy_login_rejected' : 'proxy_login',
  no_answer: ({ setting }, stage) => stage === 'http' ? setting === 'plain' ? 'no_answer_plain' : 'no_answer' : 'no_answer_handshake',
  reset_while_receiving: ({ bytes }) => typeof bytes === 'number' ? 'reset_while_receiving' : 'reset_while_receiving_nothing',
  web_page: ({ title }) => title ? 'web_page_titled' : 'web_page',
  redirect: ({ target }) => target ? 'redirect' : 'redirect_nowhere',
  not_a_license_server: ({ setting }) => setting ? 'not_a_license_server_configured' : 'not_a_license_server',
  rate_limited: ({ retryAt }) => retryAt ? 'rate_limited_until' : 'rate_limited',
  unreadable_answer: ({ member }) => member === 'signature' ? 'unreadable_answer_signature' : 'unreadable_answer',
  answer_stale: ({ member }) => member === 'seq' ? 'answer_stale_seq' : 'answer_stale',
  ended: ({ setting }) => setting === 'stored' ? 'ended_stored' : 'ended',
  unknown_signer: ({ kid }) => kid ? 'unknown_signer' : 'unknown_signer_stored',
  row_edited: ({ setting }) => setting === 'older' ? 'row_edited_older' : setting === 'unfit' ? 'row_edited_unfit' : 'row_edited',
  clock_ahead: ({ expiresAt, difference, setting }) =>
    expiresAt ? setting === 'perhaps' ? 'clock_ahead_perhaps' : 'clock_ahead_ended' : isZone(difference) ? 'clock_ahead_zone' : 'clock_ahead',
  clock_behind: ({ difference }) => isZone(difference) ? 'clock_behind_zone' : 'clock_behind',
}

/** Whether a difference (seconds) looks like a wrong time zone: whole half-hours, up to 14 hours. */
function isZone(difference: FactValue | undefined): boolean {
  if (typeof difference !== 'number' || difference < 1700 || difference > 14 * 3600 + 100) return false
  return Math.abs(difference - Math.round(difference / 1800) * 1800) <= 90
}

/** Which sentences tell this finding. */
export function textOf({ cause, facts, stage }: Pick<Finding, 'cause' | 'facts' | 'stage'>): FindingText {
  return hasVariants(cause) ? VARIANT[cause](facts, stage) : cause
}

function hasVariants(cause: FindingCause): cause is keyof typeof VARIANT {
  return Object.hasOwn(VARIANT, cause)
}

/** Whether the database cannot be used as it should: then nothing can be saved. A row that was edited is no trouble of its. */
export function isDatabaseTrouble({ cause, stage }: Pick<Finding, 'cause' | 'stage'>): boolean {
  return stage === 'storage' && cause !== 'row_edited'
}

/** Whether the license server itself refused, unsigned: no fault of the network. */
export function isRefusal({ cause }: Pick<Finding, 'cause'>): boolean {
  return cause.startsWith('refused_')
}

/** Every text there is, for the checks that all languages have them. */
export const FINDING_TEXTS: readonly string[] = Object.entries<CauseRow>(CAUSES)
  .flatMap(([cause, { variants = [] }]) => [cause, ...variants.map(variant => `${cause}_${variant}`)])
