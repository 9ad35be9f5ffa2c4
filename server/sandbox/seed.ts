import { createHash } from 'node:crypto'
import type { LicenseState, LicenseView, Role } from '../../shared/contracts.ts'
import type { FindingCause } from '../../shared/findings.ts'
import { FINDING_CAUSES } from '../../shared/findings.ts'
import type { Method } from '../../shared/method-rules.ts'
import { rulesOf } from '../../shared/method-rules.ts'
import { eventOf } from '../license/events.ts'
import type { Actor } from '../license/events.ts'
import type { App } from '../runtime/app.ts'
import type { Handle } from '../runtime/sandbox-hooks.ts'
import { advance } from './advance.ts'
import { inTurn, setOutage, setStorageTrouble, time } from './hooks.ts'
import { startAnew } from './restart.ts'
import { isOutageCause, OVER_OFFLINE, PASTES, storageTroubleOf } from './samples.ts'
import type { Terms, Vendor } from './vendor.ts'

/* A state in one call, by the story that leads to it; only for `invalid` is a row edited that the product has made. */

const SECOND = 1000
const DAY = 86_400 * SECOND
/**
 * How wrong the clock is that a seed sets wrong. Of a clock that is ahead, a license that asks nobody can only say that it would have
 * ended it.
 */
const WRONG_BY = 3 * 3600 * SECOND + 7 * 60 * SECOND
const WRONG_BY_DAYS = 4 * DAY
const SYSTEM: Actor = { kind: 'system' }
const PASSWORD = 'sandbox-password'

export interface Wanted {
  state?: LicenseState | undefined
  method?: Method | undefined
  finding?: FindingCause | undefined
  role: Role | null
  now: number | null
  frozen: boolean
  instanceId: string | null
  random: number | null
  terms?: Terms | undefined
  seatsUsed?: number | undefined
}

export interface Seeded {
  instanceId: string
  license: LicenseView
  /** The key or token that was saved; null where none was. */
  credential: string | null
  /** For a finding about a credential: what to paste for it. */
  paste: string | null
  /** Its password is told only if it is nobody's own. */
  account: { email: string, password: string | null, role: Role } | null
  /** Of a session of that account. */
  token: string | null
}

/** Raised for what cannot come about, such as the grace period of an offline license. */
export class ImpossibleError extends Error {
  override readonly name = 'ImpossibleError'
}

type Decided = Wanted & { state: LicenseState, method: Method, terms: Terms }
interface Story { app: App, vendor: Vendor, wanted: Decided, key: string }

export async function seed(handle: Handle, vendor: Vendor, asked: Wanted): Promise<Seeded> {
  const state = stateOf(asked)
  const method = asked.finding && OVER_OFFLINE.has(asked.finding) ? 'offline' : asked.method ?? 'standard'
  const wanted = { ...asked, method, state, terms: termsFor(state, method, asked) }
  requirePossible(wanted)
  const before = leadOf(wanted)
  const at = before > 0 || wanted.now !== null || wanted.frozen ? (wanted.now ?? Date.now()) - before : null
  const app = await startAnew(handle, vendor, { ...wanted, at })
  const { instanceId } = app.license
  const story = { app, vendor, wanted, key: keyFor(method, instanceId) }
  const credential = state === 'unlicensed' ? null : await activate(story)
  if (credential !== null) await letItCome(story, before)
  const paste = await provoke(story)
  const account = wanted.role && await signIn(app, wanted.role)
  return { instanceId, license: app.license.view('admin'), credential, paste, account: account?.account ?? null, token: account?.token ?? null }
}

/** Where a finding is met, unless somebody says otherwise: about a credential, on an installation without a license. */
function stateOf({ state, finding, method, terms, seatsUsed }: Wanted): LicenseState {
  if (state) return state
  if (finding === undefined) return method || terms || seatsUsed !== undefined ? 'active' : 'unlicensed'
  if (PASTES[finding] && !OVER_OFFLINE.has(finding)) return 'unlicensed'
  return finding === 'row_edited' ? 'invalid' : 'active'
}

function termsFor(state: LicenseState, method: Method, { finding, terms = {} }: Wanted): Terms {
  if (finding === 'clock_ahead' && !rulesOf(method)?.checksIn) return { days: 2, ...terms }
  return state === 'expired' ? { days: 30, renews: false, ...terms } : terms
}

function requirePossible({ state, method, finding }: Decided): void {
  const rules = rulesOf(method)
  const isVerdict = state === 'revoked' || state === 'suspended' || state === 'mismatch'
  const fails = finding !== undefined && isOutageCause(finding) && state === 'active'
  if ((state === 'grace' || state === 'paused') && !rules?.checksIn) {
    throw new ImpossibleError(`a license with the method ${method} has no check-ins, so it is never ${state}`)
  }
  if (isVerdict && rules?.silent) throw new ImpossibleError(`nobody tells an installation with the method ${method} that its license is ${state}`)
  if (fails && rules?.silent) throw new ImpossibleError(`an installation with the method ${method} makes no calls that could fail`)
}

/** Milliseconds between the activation and now. */
function leadOf({ state, terms }: { state: LicenseState, terms: Terms }): number {
  const every = (terms.every ?? 21_600) * SECOND
  const grace = (terms.grace ?? 604_800) * SECOND
  if (state === 'grace') return every + grace / 7
  if (state === 'paused') return every + grace + grace / 7
  return state === 'expired' ? ((terms.days ?? 30) + 1) * DAY : 0
}

function keyFor(method: Method, instanceId: string): string {
  const digest = createHash('sha256').update(instanceId).digest('hex').slice(0, 24)
  return `${rulesOf(method)?.keyPrefix ?? ''}seed_${digest}`
}

/** The panel's time, seconds since 1970. */
function presentSeconds(): number {
  return Math.floor((time.now() ?? Date.now()) / SECOND)
}

async function activate({ app, vendor, wanted: { method, terms }, key }: Story): Promise<string> {
  const { license } = app
  const { days, every: _every, grace: _grace, renews: _renews, organization, ...claims } = terms
  const issuedAt = presentSeconds()
  const exp = issuedAt + Math.round((days ?? 365) * 86_400)
  const isToken = rulesOf(method)?.credential === 'token'
  if (!isToken) await vendor.createLicense(key, method, { ...terms, exp })
  const credential = isToken
    ? await vendor.issueToken(license.instanceId, {
        claims: { iat: issuedAt, exp, ...withoutUndefined(claims), ...(organization ? { licensee: { organization } } : {}) },
      })
    : key
  await license.save({ credential, actor: SYSTEM })
  return credential
}

/** What happens between the activation and now. */
async function letItCome(story: Story, before: number): Promise<void> {
  const { app: { license }, vendor, wanted: { state, finding, seatsUsed }, key } = story
  if (state === 'grace' || state === 'paused') setOutage(finding && isOutageCause(finding) ? finding : 'refused')
  await inTurn(() => advance(license, time, before, false))
  if (state === 'revoked' || state === 'suspended') await verdict(state)
  if (state === 'mismatch') await verdict('bound_elsewhere')
  if (state === 'invalid') await editRow(story)
  if (seatsUsed !== undefined) await license.setSeatsUsed(seatsUsed)

  async function verdict(status: string): Promise<void> {
    await vendor.setStatus(key, status)
    await license.checkIn(SYSTEM)
  }
}

/** As somebody does who changes the lease in the database. */
async function editRow({ app: { storage, license } }: Story): Promise<void> {
  const { revision } = license.view('viewer')
  await storage.licenses.commit({
    if: { revision },
    change: stored => stored ? { license: { ...stored, lease: `${stored.lease.slice(0, -9)}AAAAAAAAA` }, visible: true } : 'stale',
    event: eventOf('state_changed', license.moment().effective, SYSTEM, { from: 'active', to: 'invalid' }),
  })
  await inTurn(() => license.tick())
}

/** Brings the finding about, or answers what to paste for it. */
async function provoke({ app, vendor, wanted: { finding, state, method }, key }: Story): Promise<string | null> {
  if (finding === undefined) return null
  const { license } = app
  const { stage } = FINDING_CAUSES[finding]
  if (finding === 'clock_ahead') time.setWrong(rulesOf(method)?.checksIn ? WRONG_BY : WRONG_BY_DAYS)
  else if (finding === 'clock_behind') time.setWrong(-WRONG_BY)
  else if (stage === 'storage' && finding !== 'row_edited') setStorageTrouble(storageTroubleOf(finding))
  else if (isOutageCause(finding)) {
    setOutage(finding)
    if (state === 'active') await license.checkIn(SYSTEM).catch(() => undefined)
  }
  const { instanceId } = license
  const paste = PASTES[finding]
  return paste
    ? paste({
        key, instanceId, now: presentSeconds(), request: license.activationRequest().text,
        issue: (order = {}) => vendor.issueToken(instanceId, order),
      })
    : null
}

async function signIn({ accounts, config: { admin } }: App, role: Role): Promise<{ account: NonNullable<Seeded['account']>, token: string }> {
  const isConfigured = role === 'admin' && admin !== null
  const account = isConfigured ? { ...admin, role } : { email: `${role}@example.com`, password: PASSWORD, role }
  const known = await accounts.list()
  if (!known.some(({ email }) => email === account.email)) await accounts.create(account, SYSTEM, 'sandbox')
  const { token } = await accounts.signIn(account.email, account.password, 'sandbox')
  return { account: { email: account.email, password: isConfigured ? null : PASSWORD, role }, token }
}

function withoutUndefined(terms: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(terms).filter(([, value]) => value !== undefined))
}
