import { AsyncLocalStorage } from 'node:async_hooks'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { LicenseError } from '../license/errors.ts'
import type { Log } from '../license/ports.ts'
import { causeOf, codeOf, getSqlState, WaitedError, type StorageCause } from './storage-cause.ts'
import { toStorageError, unavailable } from './storage-error.ts'

export type Side = 'read' | 'write'

/** The state of the database, as far as operations have shown it. */
export interface StorageHealth {
  readonly up: boolean
  /** Why it is down; null while it is up. */
  readonly cause: StorageCause | null
  /** The driver's own code for it. */
  readonly code: string | null
  /** When this state began, in milliseconds since 1970. */
  readonly since: number | null
  /** When a write last succeeded, in milliseconds since 1970. */
  readonly lastWriteAt: number | null
  /** Proves that the database was written within the last ten seconds; rejects with `STORAGE_UNAVAILABLE` within two. */
  requireWritable(): Promise<void>
}

/** Operations that prove that the database is back. The driver reports their outcome, as it does for every operation. */
export interface Probes {
  read(): Promise<unknown>
  write(): Promise<unknown>
  /** Whether there is room for more than a page or two, if that can be told; asked after the disk was full. */
  hasRoom?(): Promise<boolean>
  /** Throws if the file has gone, and with it what was written lately. */
  requireFile?(): void
}

export interface HealthMonitor extends StorageHealth {
  succeeded(side: Side): void
  failed(side: Side, error: unknown): void
  /** Whether the file is still there; if not, that is trouble. */
  hasFile(): boolean
  /** Milliseconds that an operation beginning now may take in all. */
  patience(side: Side): number
  /** From now on trouble is logged, and the database is probed until it is back. */
  watch(probes: Probes): void
  close(): void
}

export interface HealthOptions {
  log: Log | undefined
  /** What a wait that timed out means on this kind of database. */
  waitMeans: StorageCause
  /** Milliseconds that operations may take while the database is known to be down: enough to notice that it is back. */
  quickMs: number
  /** What the operator can do about an error, in a sentence. */
  remedyOf?: (error: unknown) => string | undefined
  /** Whether a database that was opened for writing can only be read now, for errors that do not tell. */
  isReadOnly?: () => boolean
}

const FRESH_MS = 10_000
const READY_WITHIN_MS = 1600
const PROBE_EVERY_MS = 1000
/** Patience while the database is being opened and no request waits for an answer yet. */
const OPENING_MS = 5000
export const PATIENCE_MS: Readonly<Record<Side, number>> = { read: 1500, write: 4000 }

type Trouble = { cause: StorageCause, code: string | null, error: unknown }

/** Tracks one database by the failures and successes reported to it, and logs each change once. */
export function createHealthMonitor({ log, waitMeans, quickMs, remedyOf, isReadOnly }: HealthOptions): HealthMonitor {
  const down: Record<Side, boolean> = { read: false, write: false }
  const probing = new AsyncLocalStorage<true>()
  const stopping = new AbortController()
  let trouble: Trouble | null = null
  let since: number | null = null
  let lastWrite: { at: number, moment: number } | null = null
  let probes: Probes | undefined
  let proving: Promise<void> | undefined
  let attending = false
  let roomProven = false

  function name(error: unknown): StorageCause {
    const cause = causeOf(error)
    return cause === 'unreachable' && isReadOnly?.() ? 'read_only' : cause
  }

  function failed(side: Side, error: unknown): void {
    // While the database is being opened, failures go to the caller.
    if (!probes || stopping.signal.aborted || !isOutage(error)) return
    const cause = inner(error)
    // A timeout says nothing new about the cause.
    const word = cause instanceof WaitedError && trouble ? trouble.cause : name(cause)
    down[side] = true
    // What cannot be read cannot be written either: both have to be proven again.
    if (side === 'read') down.write = true
    const before = trouble
    trouble = { cause: word, code: word === before?.cause ? before.code : codeOf(cause), error: cause }
    if (!before) since = Date.now()
    const fields = { cause: word, code: trouble.code, error: summary(cause), remedy: remedyOf?.(cause) }
    if (!before) log?.error('the database cannot be used; the license goes on from memory', fields)
    else if (before.cause !== word) log?.warn('the database still cannot be used, for another reason', fields)
    void attend()
  }

  function succeeded(side: Side): void {
    if (side === 'write') lastWrite = { at: Date.now(), moment: performance.now() }
    since ??= Date.now()
    if (!trouble || !down[side]) return
    // An almost full disk may take this small write, but not the next save.
    if (trouble.cause === 'disk_full' && probes?.hasRoom && !roomProven) return void prove()
    down[side] = false
    if (down.read || down.write) return
    const lostFor = Date.now() - (since ?? Date.now())
    log?.info('the database can be used again', { cause: trouble.cause, seconds: Math.round(lostFor / 100) / 10 })
    trouble = null
    since = Date.now()
  }

  /** One probe at a time; never rejects. */
  function prove(): Promise<void> {
    const { read, write, hasRoom } = probes ?? {}
    proving ??= probing.run(true, async () => {
      try {
        if (down.read) await read?.()
        roomProven = trouble?.cause !== 'disk_full' || await hasRoom?.() !== false
        if (roomProven) await write?.()
      } catch { /* The driver has reported it. */ } finally {
        roomProven = false
        proving = undefined
      }
    })
    return proving
  }

  /** Probes until the database is back. */
  async function attend(): Promise<void> {
    if (attending) return
    attending = true
    while (trouble && !stopping.signal.aborted) {
      await sleep(PROBE_EVERY_MS, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined)
      if (trouble && !stopping.signal.aborted) await prove()
    }
    attending = false
  }

  function hasFile(): boolean {
    try {
      probes?.requireFile?.()
      return true
    } catch (error) {
      failed('write', error)
      return false
    }
  }

  const isFresh = () => !trouble && lastWrite !== null && performance.now() - lastWrite.moment < FRESH_MS
  return {
    get up() { return !trouble },
    get cause() { return trouble?.cause ?? null },
    get code() { return trouble?.code ?? null },
    get since() { return since },
    get lastWriteAt() { return lastWrite?.at ?? null },
    succeeded,
    failed,
    hasFile,
    patience(side) {
      if (!probes) return OPENING_MS
      return down[side] && !probing.getStore() ? quickMs : PATIENCE_MS[side]
    },
    async requireWritable() {
      if (isFresh() && hasFile()) return
      await Promise.race([prove(), sleep(READY_WITHIN_MS, undefined, { ref: false })])
      if (!isFresh()) throw unavailable(trouble?.error, trouble?.cause ?? waitMeans)
    },
    watch(given) { probes = given },
    close: () => stopping.abort(),
  }
}

/** Whether the error is about the database rather than one statement. A deadlock is over once it is reported. */
function isOutage(error: unknown): boolean {
  const translated = toStorageError(error)
  if (!(translated instanceof LicenseError) || translated.code !== 'STORAGE_UNAVAILABLE') return false
  return !getSqlState(translated.cause)?.startsWith('40')
}

function inner(error: unknown): unknown {
  return error instanceof LicenseError ? error.cause : error
}

function summary(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
