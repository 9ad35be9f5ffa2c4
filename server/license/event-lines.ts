import { EVENT_KINDS, STATES } from '../../shared/contracts.ts'
import type { EventKind } from '../../shared/contracts.ts'
import type { Seen } from '../../shared/findings.ts'
import { referenceOf } from '../../shared/findings.ts'
import { LicenseError } from './errors.ts'
import type { Log } from './ports.ts'
import type { NewEvent } from './stored-records.ts'
import { isEntitled } from './state.ts'

/* An entry in the activity log and its line in the process log are written in one place, so that no kind of entry lacks a line. */

interface Line { level: 'info' | 'warn', message: string }

const info = (message: string): Line => ({ level: 'info', message })
const warn = (message: string): Line => ({ level: 'warn', message })

const LINES: Readonly<Record<EventKind, (event: NewEvent) => Line>> = {
  activated: ({ log }) => info(log?.replaces === undefined ? 'license activated' : 'license replaced'),
  put_back: () => info('previous license put back'),
  renewed: () => info('license renewed'),
  removed: () => info('license removed'),
  check_in_succeeded: () => info('check-in succeeded'),
  check_in_failed: () => warn('check-in failed'),
  verdict: () => warn('the license server sent a verdict'),
  state_changed: ({ details }) => keepsFeatures(details.to) ? info('license state changed') : warn('license state changed'),
  vendor_told: ({ details }) => details.result === 'given_up'
    ? warn('the license server could not be told of a removed license') : info('the license server was told of a removed license'),
  account_created: () => info('account created'),
  account_changed: () => info('account changed'),
  account_removed: () => info('account removed'),
}

/** Grace is not a loss yet, but it is the last chance to prevent one. */
function keepsFeatures(to: unknown): boolean {
  const state = STATES.find(each => each === to)
  return state !== undefined && state !== 'grace' && isEntitled(state)
}

/**
 * Wraps a store so that each event it records also leaves a log line. `identify` tells from a call's first argument whom it
 * is about. An attempt to reach the license server is logged even if it could not be recorded: it was made all the same.
 */
export function withEventLines<S extends object>(
  store: S, log: Log, identify: (first: unknown) => Record<string, unknown> = () => ({}),
): S {
  return new Proxy(store, {
    get(target, property) {
      const member: unknown = Reflect.get(target, property, target)
      if (typeof member !== 'function') return member
      return (...args: unknown[]) => {
        const result: unknown = Reflect.apply(member, target, args)
        const found = args.map(eventIn).find(each => each !== null)
        return found ? tellOf(result, found, more => tell(log, found, { ...identify(args[0]), ...more })) : result
      }
    },
  })
}

/** The outcomes of an attempt to reach the license server. */
const ATTEMPTS: ReadonlySet<EventKind> = new Set<EventKind>(['check_in_succeeded', 'check_in_failed', 'renewed', 'verdict'])

async function tellOf(result: unknown, { kind }: NewEvent, tellNow: (more: Record<string, unknown>) => void): Promise<unknown> {
  try {
    const written = await result
    if (written !== 'stale') tellNow({})
    return written
  }
  catch (error) {
    if (ATTEMPTS.has(kind) && error instanceof LicenseError && error.code === 'STORAGE_UNAVAILABLE') tellNow({ recorded: false })
    throw error
  }
}

function tell(log: Log, event: NewEvent, more: Record<string, unknown>): void {
  if (event.told) return
  const { level, message } = LINES[event.kind](event)
  // An e-mail address is personal and stays in the activity log; the log line has the account's id.
  const { account: _account, ...details } = event.details
  const by = event.actor === 'system' ? {} : { actor: event.actor, ...(event.address === null ? {} : { address: event.address }) }
  log[level](message, { ...details, ...(event.finding ? fieldsOf(event.finding.code, event.finding) : {}), ...event.log, ...by, ...more })
}

/**
 * A finding as fields of a log line: its code and reference, then its cause and facts under their own names, but for the address that
 * was connected to: `address` is whoever asked.
 */
export function fieldsOf(code: Seen['code'], what: Pick<Seen, 'cause' | 'stage' | 'facts'> | null): Record<string, unknown> {
  if (!what) return { code, reference: referenceOf(code) }
  const { address, ...facts } = what.facts
  const { cause, stage } = what
  return { code, reference: referenceOf(code), cause, stage, ...facts, ...(address === undefined ? {} : { serverAddress: address }) }
}

/** Finds the event in an argument: stores take one directly, or as part of a commit. */
function eventIn(argument: unknown): NewEvent | null {
  const { event }: { event?: unknown } = Object(argument)
  return [argument, event].find(isEvent) ?? null
}

function isEvent(value: unknown): value is NewEvent {
  return typeof value === 'object' && value !== null && 'kind' in value && 'actor' in value && 'details' in value
    && EVENT_KINDS.some(kind => kind === value.kind)
}
