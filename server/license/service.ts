import type { Method, SaveStep } from '../../shared/method-rules.ts'
import { rulesOf } from '../../shared/method-rules.ts'
import { judgePaste } from '../../shared/paste/judge-paste.ts'
import type { CheckInDay, Diagnostics, Entitlements, Feature, LicenseView, OutboundRequest, Preview, Role, Supposition } from '../../shared/contracts.ts'
import type { ErrorCode } from '../../shared/errors.ts'
import { ERRORS } from '../../shared/errors.ts'
import type { Finding, Seen } from '../../shared/findings.ts'
import { findingOf } from '../../shared/findings.ts'
import { redactFinding } from '../../shared/redaction.ts'
import { createActivation } from './activation.ts'
import type { CheckInResult } from './check-in.ts'
import { checkInDaysOf, offSince } from './check-in-days.ts'
import { createCheckIn } from './check-in.ts'
import { createSharedClaim, createSoleClaim } from './claim-holder.ts'
import { seenOf } from './credential-finding.ts'
import { currentFinding, seenOfClock } from './current-finding.ts'
import type { Judgement } from './current-judgement.ts'
import { createCurrentJudgement, createTeller, onceFor } from './current-judgement.ts'
import { pasteContextOf } from './credential.ts'
import type { Provisioning } from './provisioning.ts'
import { createProvisioning } from './provisioning.ts'
import { LicenseError } from './errors.ts'
import type { Keyring } from './jws.ts'
import { createLicenseHolder } from './license-holder.ts'
import type { Moment } from './license-memory.ts'
import { createNotedServer, laterRequest } from './outbound.ts'
import { fieldsOf, withEventLines } from './event-lines.ts'
import type { Actor } from './events.ts'
import type { Clock, EventPage, Identity, LicenseServer, LicenseStorage, Log, Random } from './ports.ts'
import type { Installation, NewEvent, StoredEvent } from './stored-records.ts'
import { previewCredential } from './preview.ts'
import { createPutBack } from './put-back.ts'
import { checkInError } from './refusal.ts'
import { createDeactivation } from './deactivation.ts'
import { createScheduler } from './scheduler.ts'
import type { ActivationRequest, SupportFacts } from './support-bundle.ts'
import { activationRequestOf, supportBundleOf } from './support-bundle.ts'
import { entitlementsOf, featuresOf, viewOf } from './view.ts'
import { warningsOf } from './warnings.ts'
import type { Outlook } from './what-if.ts'
import { rehearse } from './what-if.ts'

export interface LicenseServiceOptions {
  store: LicenseStorage
  /** From `requireInstallation`. */
  instanceId: string
  server: LicenseServer
  keyring: Keyring
  clock: Clock
  random: Random
  log: Log
  version: string
  sandbox: boolean
  /** The value of NC_LICENSE_KEY and its SHA-256 (hex); null if it is not set. */
  provisioned: { text: string, digest: string } | null
  eventsKeepDays: number
  /** Names this process among those that share the database. */
  replica: string
  /** Lets time pass. */
  pause: (ms: number) => Promise<void>
  /** What keeps the database from being used; null while it can be. */
  storageTrouble?: () => StorageTrouble | null
  observeCheckIn?: (result: CheckInResult['kind'], seconds: number) => void
}

/** Why the database cannot be used, and since when (ms). */
export interface StorageTrouble { seen: Seen, since: number }

/** What a support bundle says that the license does not know. */
type GivenForSupport = Pick<SupportFacts, 'configuration' | 'storage' | 'runtime' | 'licenseServer'> & { commit: string }

export interface LicenseService {
  readonly instanceId: string
  readonly managedByEnv: boolean
  view(role: Role): LicenseView
  moment(): Moment
  /** How this server's clock is wrong, if it is known to be; undefined while there is no trusted time that it could be compared with. */
  clockTrouble(): Seen | null | undefined
  /** The states to come under a supposition, if the term is not renewed. */
  rehearse(supposition: Supposition): Outlook
  entitlements(withLease: boolean): Entitlements
  features(): Feature[]
  /** Whether this feature may be used now. */
  hasFeature(name: string): boolean
  preview(credential: string): Promise<Preview>
  /** The method by which saving this would activate; null if it is no credential. */
  methodOf(credential: string): Method | null
  /** Activates a credential. Throws LicenseError: credential or network group, CONFLICT, MANAGED_BY_ENV, STORAGE_UNAVAILABLE. */
  save(request: { credential: string, revision?: number, actor: Actor, onStep?: (step: SaveStep) => void }): Promise<void>
  /** Puts the license back that the present one replaced. Throws what `createPutBack` says, and MANAGED_BY_ENV. */
  putBack(request: { revision?: number, actor: Actor }): Promise<void>
  /** Removes the license. Throws LicenseError: NO_LICENSE, CONFLICT, MANAGED_BY_ENV, STORAGE_UNAVAILABLE. */
  remove(request: { revision?: number, actor: Actor }): Promise<void>
  /** Checks in or renews. Throws LicenseError: NO_LICENSE, NO_CALLS_FOR_OFFLINE, CONFLICT, or the network code it failed with. */
  checkIn(actor: Actor): Promise<void>
  setSeatsUsed(seats: number): Promise<void>
  appendEvent(event: NewEvent): Promise<void>
  listEvents(page: EventPage): Promise<StoredEvent[]>
  listCheckInDays(days: number): Promise<CheckInDay[]>
  lastRequest(): OutboundRequest | null
  activationRequest(): ActivationRequest
  /** What was found lately, newest first: ten findings at most. */
  findings(): Promise<Finding[]>
  /** Keeps a run of diagnostics for the page and for support. */
  keepDiagnostics(result: Diagnostics): Promise<void>
  lastDiagnostics(): Promise<Diagnostics | null>
  /** The parts of a support bundle that the license knows, with the rest as given. */
  supportBundle(facts: GivenForSupport): Promise<ReturnType<typeof supportBundleOf>>
  /** Starts this process's schedule. */
  start(): void
  /** Does everything that is due. Resolves to the wait before the next tick, at most `longest` ms; never rejects. */
  tick(longest?: number): Promise<number>
  /** Resolves once no call is under way, to whether a check-in or a renewal was; never rejects. */
  whenIdle(): Promise<boolean>
  stop(): Promise<void>
}

/**
 * The identity of this installation: as stored, or else made now, with an Instance ID of 128 random bits and a session
 * secret of 256. `instanceId` takes the place of a random one. Rejects with STORAGE_UNAVAILABLE.
 */
export function requireInstallation(
  store: Identity, { random, clock, instanceId = null }: { random: Random, clock: Clock, instanceId?: string | null },
): Promise<Installation> {
  return store.installation({ instanceId: instanceId ?? random.hex(16), sessionSecret: random.hex(32), createdAt: clock.read().wall })
}

/** Reads and verifies the license of this installation. Rejects with STORAGE_UNAVAILABLE. */
export async function createLicenseService(options: LicenseServiceOptions): Promise<LicenseService> {
  const { instanceId, keyring, clock, random, log, version, sandbox } = options
  const store = withEventLines(options.store, log)
  const holder = await createLicenseHolder({ store, keyring, clock, instanceId })
  const server = createNotedServer(options.server, store, () => holder.observe().effective)
  const lastRequest = () => laterRequest(server.lastRequest(), holder.snapshot.lastRequest)
  const stopping = new AbortController()
  const activation = createActivation({ holder, store, server, keyring, random, signal: stopping.signal })
  const putPreviousBack = createPutBack({ holder, store, keyring })
  const claim = store.claims ? createSharedClaim({ claims: store.claims, clock, me: options.replica }) : createSoleClaim()
  const deactivation = createDeactivation({ holder, store, server, random, claim })
  const checkIn = createCheckIn({
    holder, store, server, keyring, random, ...(options.observeCheckIn ? { observe: options.observeCheckIn } : {}),
  })
  const provisioning = createProvisioning({
    credential: options.provisioned, holder, notes: store, activation, claim, random, log, signal: stopping.signal,
  })
  const { eventsKeepDays, pause } = options
  const scheduler = createScheduler({ holder, store, checkIn, claim, pause, deactivation, provisioning, log, eventsKeepDays, stopping })

  const judgement = createCurrentJudgement(holder, clock)
  const entitlementsFor = (withLease: boolean) => ({
    make: onceFor(({ moment }) => entitlementsOf(holder, moment, withLease)), tell: createTeller<Entitlements>(),
  })
  const [withLease, withoutLease] = [entitlementsFor(true), entitlementsFor(false)]
  /** For as long as the database can be used. */
  const usualViews = { admin: onceFor(viewFor('admin', null)), viewer: onceFor(viewFor('viewer', null)) }
  const tellView = { admin: createTeller<LicenseView>(), viewer: createTeller<LicenseView>() }
  let keeping: Promise<void> = Promise.resolve()

  function requireUnmanaged(): void {
    if (provisioning.managed) throw new LicenseError('MANAGED_BY_ENV')
  }

  const methodOf = (credential: string) => judgePaste(credential, pasteContextOf(holder)).credential?.method ?? null

  /**
   * Logs a refusal and keeps it for support; resolves to the error with what was kept. The activity log has no entry of it: nothing
   * has changed.
   */
  async function toldRefusal(error: unknown): Promise<unknown> {
    if (!(error instanceof LicenseError) || ERRORS[error.code].group === 'request') return error
    const { code, cause, details } = error
    // Stopped from here: that says nothing about the network.
    if (stopping.signal.aborted && ERRORS[code].group === 'network') return error
    const what = seenOf(error)
    log.warn('activation refused', { ...fieldsOf(code, what), error: causeForLog(code, cause) })
    if (!what) return error
    const finding = findingOf(what, holder.observe().effective)
    // One at a time: a script in a loop must not crowd out what the license has to write. Without the database, the log has it.
    if (!options.storageTrouble?.()) await (keeping = keeping.then(() => store.saveFinding(finding).catch(() => undefined)))
    return new LicenseError(code, { cause, details, finding })
  }

  function viewFor(role: Role, storage: StorageTrouble | null) {
    return ({ moment }: Judgement, trouble: Provisioning['trouble']): LicenseView => {
      const { holding, snapshot } = holder
      const warnings = warningsOf({
        holding, license: snapshot.license, moment, seatsUsed: snapshot.seatsUsed, provisioning: trouble, sandbox,
      })
      const finding = currentFinding(holder, moment, storage) ?? trouble?.finding ?? null
      return viewOf(holder, moment, { warnings, finding }, provisioning.managed, role)
    }
  }

  function view(role: Role): LicenseView {
    const storage = options.storageTrouble?.() ?? null
    const make = storage ? viewFor(role, storage) : usualViews[role]
    return tellView[role](make(judgement.current(), provisioning.trouble), judgement.effective)
  }

  return {
    instanceId,
    managedByEnv: provisioning.managed,
    view,
    moment: () => holder.observe(),
    clockTrouble: () => {
      const moment = holder.observe()
      const wrong = moment.trusted === null ? null : seenOfClock(moment)
      // A time signed long ago cannot tell of a clock that is later: nothing was compared.
      return wrong ?? (moment.continuous ? null : undefined)
    },
    rehearse(supposition) {
      const { reading } = holder.observe()
      const { failuresSinceStart } = checkIn
      return rehearse({ memory: holder.memory, reading, due: scheduler.due, failuresSinceStart }, supposition)
    },
    entitlements(lease) {
      const { make, tell } = lease ? withLease : withoutLease
      return tell(make(judgement.current(), null), judgement.effective)
    },
    features: () => featuresOf(holder, holder.observe()),
    hasFeature: name => judgement.current().features.has(name),
    preview: credential => previewCredential(credential, { holder, store, keyring, server }),
    methodOf,
    async save(request) {
      requireUnmanaged()
      try {
        await deactivation.whileTellingNothing(() => activation.save(request))
      }
      catch (error) {
        throw await toldRefusal(error)
      }
    },
    async putBack(request) {
      requireUnmanaged()
      await putPreviousBack(request)
    },
    async remove(request) {
      requireUnmanaged()
      await deactivation.remove(request)
    },
    async checkIn(actor) {
      await holder.reload()
      const result = await scheduler.checkIn(actor)
      if (result.kind === 'dropped') throw new LicenseError('CONFLICT')
      if (result.kind === 'failed') throw checkInError(result.failure, server, result.finding)
    },
    async setSeatsUsed(seats) {
      await store.saveSeatsUsed(seats)
      await holder.reload()
    },
    appendEvent: event => store.appendEvent(event),
    listEvents: page => store.listEvents(page),
    async listCheckInDays(days) {
      const { effective: to } = holder.observe()
      const from = to - (days - 1) * 86_400_000
      return checkInDaysOf(await store.listCheckInDays(from), { from, to, since: offSince(holder) })
    },
    lastRequest,
    activationRequest: () => {
      const { method, licenseId, expiresAt, maskedKey } = view('viewer')
      const renewal = rulesOf(method)?.credential === 'token' && licenseId && expiresAt ? { licenseId, expiresAt } : null
      return activationRequestOf({ instanceId, maskedKey, version, renewal })
    },
    findings: () => store.listFindings(),
    keepDiagnostics: result => store.saveDiagnostics(result),
    lastDiagnostics: () => store.readDiagnostics(),
    supportBundle: async ({ commit, ...facts }) => supportBundleOf({
      moment: holder.observe(), view: view('viewer'), build: { version, commit, sandbox, trustedKids: [...keyring.kids] },
      lastRequest: lastRequest(), findings: (await store.listFindings()).map(finding => redactFinding(finding, 'viewer')),
      diagnostics: await store.readDiagnostics(), ...facts,
    }),
    start: scheduler.start,
    tick: scheduler.tick,
    whenIdle: scheduler.whenIdle,
    stop: scheduler.stop,
  }
}

/** A network error says where it failed. Whatever refused a credential may quote it, as parsers do, so only its name is logged. */
function causeForLog(code: ErrorCode, cause: unknown): string {
  if (ERRORS[code].group === 'network') return String(cause ?? '')
  if (!(cause instanceof Error)) return ''
  return 'code' in cause ? `${cause.name} ${String(cause.code)}` : cause.name
}
