import type { LicenseServerClient } from '../license-server/client.ts'
import type { Clock, Random } from '../license/ports.ts'
import type { Seen } from '../../shared/findings.ts'
import type { Base } from './app.ts'
import type { Environment } from './config-source.ts'

/*
 * What a sandbox build puts between the product and the world, so that tests can move time and break things. The vendor's build
 * has none of it.
 */

/** The running product, as the sandbox's own routes may handle it. */
export interface Handle {
  base: Base
  /** Closes the app, runs `between` while nothing is open, and starts it again, as a first start if the database is gone. */
  restart(between: () => Promise<void>): Promise<void>
}

export interface SandboxHooks {
  /** Reads the variables that only a sandbox build has. Returns a sentence for each one that cannot be used. */
  configure(env: Environment): string[]
  /** The Instance ID that a first start takes in place of a random one. */
  instanceId(): string | null
  /** Whether rate limits are on. */
  readonly limited: boolean
  clock(machine: Clock): Clock
  /** The clock of accounts: sessions need not end when time is moved. */
  accountClock(machine: Clock): Pick<Clock, 'read'>
  random(source: Random): Random
  /** Headers of every call to the license server: the sandbox's signs for the moment they name. */
  callHeaders(): Record<string, string>
  client(client: LicenseServerClient): LicenseServerClient
  /** A rehearsed fault of the database; null if there is none. */
  storageTrouble(): { seen: Seen, since: number } | null
  /** Runs a step of the schedule while nobody moves the time. */
  inTurn<T>(step: () => Promise<T>): Promise<T>
  open(handle: Handle): void
}
