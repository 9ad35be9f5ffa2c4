import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { onTestFinished } from 'vitest'
import type { HashingQueue } from '../../server/accounts/hashing-queue.ts'
import { createHashingQueue } from '../../server/accounts/hashing-queue.ts'
import type { AccountStore } from '../../server/accounts/ports.ts'
import type { Accounts } from '../../server/accounts/service.ts'
import { createAccounts } from '../../server/accounts/service.ts'
import type { Actor } from '../../server/license/events.ts'
import type { Storage } from '../../server/storage/open.ts'
import { openStorage } from '../../server/storage/open.ts'
import type { SimulatedClock } from './simulated-clock.ts'
import { createSimulatedClock } from './simulated-clock.ts'

/* Accounts on a real database with a simulated clock, so that no test waits for a session to end. */

export const PERSON = { email: 'ada@customer.example', password: 'correct horse battery' }
export const PROVISIONED = { email: 'admin@example.com', password: 'correct horse' }
/** The default client address. */
export const FROM = '192.0.2.7'
export const BY_ADA: Actor = { kind: 'user', email: PERSON.email, address: FROM }

/** An entry of the activity log, as stored. */
export interface Entry { kind: string, at: number, actor: string, actorEmail: string | null, address: string | null, details: Record<string, unknown> }

export interface Held { reached: Promise<void>, release: () => void }

export interface AccountsWorld {
  accounts: Accounts
  clock: SimulatedClock
  storage: Storage
  store: AccountStore
  /** For reading what is stored, or changing it in ways the code never does. */
  database: DatabaseSync
  warnings: string[]
  /** Addresses that the hashing queue was told to remember. */
  remembered: string[]
  /** How many passwords have been hashed or compared so far. */
  hashed(): number
  /** Opens the database in another process: a restart, or a replica. */
  another(sessionSecret?: string): Accounts
  /** Resolves once the store is idle, background work included. */
  idle(): Promise<void>
  /** Holds calls of a method until they are released; `reached` resolves once one is waiting. */
  hold(method: keyof AccountStore): Held
  /** Oldest first. */
  entries(): Entry[]
  count(table: 'users' | 'sessions'): number
}

export async function createAccountsWorld(): Promise<AccountsWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'license-unit-'))
  const storage = await openStorage({ url: 'file:license.db', baseDir: folder })
  await storage.licenses.installation({ instanceId: 'a1'.repeat(16), sessionSecret: 's', createdAt: 0 })
  const database = new DatabaseSync(storage.location)
  onTestFinished(async () => {
    database.close()
    await storage.close()
    rmSync(folder, { recursive: true })
  })
  const warnings: string[] = []
  const [clock, { store, idle, hold }] = [createSimulatedClock(), withPending(storage.accounts)]
  let hashed = 0
  const remembered: string[] = []
  const another = (sessionSecret = 's') => createAccounts({
    store, clock, sessionSecret, hashing: watched(() => void hashed++, address => void remembered.push(address)),
    log: { warn: message => void warnings.push(message) },
  })
  return {
    accounts: another(), clock, storage, store, database, warnings, remembered, another, idle, hold, hashed: () => hashed,
    entries: () => database.prepare('SELECT kind, at, actor, actor_email, address, details FROM events ORDER BY id').all()
      .map(({ kind, at, actor, actor_email: email, address, details }) => ({
        kind: String(kind), at: Number(at), actor: String(actor), actorEmail: textOf(email), address: textOf(address), details: JSON.parse(String(details)),
      })),
    count: table => Number(Object(database.prepare(`SELECT count(*) AS count FROM ${table}`).get()).count),
  }
}

/** A queue that reports when a hash starts and which addresses it remembers. */
function watched(count: () => void, note: (address: string) => void): HashingQueue {
  const queue = createHashingQueue()
  return {
    ...queue,
    run(address, work) {
      count()
      return queue.run(address, work)
    },
    remember(address) {
      note(address)
      queue.remember(address)
    },
  }
}

/** Wraps a store, so that tests can wait for its calls and hold them. */
function withPending<S extends object>(inner: S): { store: S, idle: () => Promise<void>, hold: (method: keyof S) => Held } {
  const pending = new Set<Promise<unknown>>()
  const held = new Map<unknown, { reach: () => void, gate: Promise<void> }>()
  const store = new Proxy(inner, {
    get(target, property) {
      const member: unknown = Reflect.get(target, property)
      if (typeof member !== 'function') return member
      return (...args: unknown[]) => {
        const holding = held.get(property)
        holding?.reach()
        const call = (): unknown => Reflect.apply(member, target, args)
        const result: unknown = holding ? holding.gate.then(call) : call()
        if (!(result instanceof Promise)) return result
        const done = () => void pending.delete(result)
        pending.add(result)
        result.then(done, done)
        return result
      }
    },
  })
  return {
    store,
    hold(method) {
      const [gate, reached] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
      held.set(method, { gate: gate.promise, reach: reached.resolve })
      return {
        reached: reached.promise,
        release() {
          held.delete(method)
          gate.resolve()
        },
      }
    },
    async idle() {
      while (pending.size > 0) await Promise.allSettled(pending)
    },
  }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

/** The code of the error that the work rejects with; undefined if it succeeds. */
export function refusalOf(work: Promise<unknown>): Promise<string | undefined> {
  return work.then(() => undefined, (error: unknown) => String(Object(error).code))
}
