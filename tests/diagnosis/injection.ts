import type { FindingCause } from '../../shared/findings.ts'
import type { ProductOptions } from '../support/product-process.ts'
import type { IssueToken } from '../support/vendor/control-protocol.ts'
import type { LicenseServerProcess } from '../support/vendor/vendor-process.ts'
import type { Column } from './score.ts'

/** What is done when the cause is in place. */
export type Deed = 'save' | 'check in' | 'look'

/** How the product is started for an injection; what is left out is as it should be. */
export type Broken = Partial<Pick<ProductOptions, 'licenseServerUrl' | 'env'>>

/** Where the product keeps its data, and the environment that goes with it. */
export interface House { dataDir?: string, env?: Record<string, string> }

/** What the injections share. */
export interface Lab {
  licenseServer: LicenseServerProcess
  /** The environment of a product whose clock is wrong by so many seconds, until the test ends. */
  wrongClock(seconds: number): Record<string, string>
}

/** An installation, and the vendor, who signs tokens for it unless told otherwise. */
export interface Installation { instanceId: string, issue(order?: Partial<IssueToken>): Promise<string> }

/** A key or token, or whatever else is pasted. */
export type Pasted = string | ((installation: Installation) => string | Promise<string>)

export interface Injection {
  name: string
  cause: FindingCause
  deeds: readonly Deed[]
  /** Needs a network of its own. */
  isolated?: true
  /** Needs a clock that can be set (faketime). */
  needsClock?: true
  /** Where the product lives, before anything is wrong; by default a SQLite file in a new folder. */
  house?(): Promise<House>
  /** Puts the cause in place, until the test ends. */
  arrange(lab: Lab): Promise<Broken>
  /** Changes the stored data while the product is down. */
  edit?(databaseFile: string): void
  /** After the product has started; for what goes wrong while it runs. */
  meddle?(product: Meddled): Promise<void>
  /** What is entered; by default the key that works. */
  credential?: Pasted
  /** The license that is active beforehand; by default none for a save, and otherwise that of the key that works. */
  before?: Pasted
  /** What a person has to read, besides the reference: the facts that the sentences name, and what helps. */
  named: readonly RegExp[]
  /** Facts that stand beside the sentences, and so not in the entry of the reference. */
  beside?: readonly RegExp[]
  /** Facts that only an administrator may see, and hence no support bundle has. */
  adminOnly?: readonly RegExp[]
  helps: RegExp
  /** What must not be said. */
  never?: RegExp
  /** Places that may say nothing, for the cause is not to be seen there. What they say all the same is judged. */
  unseenBy?: readonly Extract<Column, 'diagnostics' | 'bundle' | 'log'>[]
}

/** The product, while it runs. */
export interface Meddled { databaseFile: string, dataDir: string, url: string }

/** The words of a failure that is not ours to mend are never said about one that is. */
export const BLAMELESS = /nothing is wrong here/i

/** The key that works. */
export const KEY = 'nc_demo_standard'

/** Leaves the way to the license server as it should be. */
export const soundWay: Injection['arrange'] = async ({ licenseServer }) => ({ licenseServerUrl: licenseServer.url })

/** What every call meets: a save, and a check-in. It is ours to mend unless it says otherwise. */
export function inEveryCall(injection: Omit<Injection, 'deeds'>): Injection {
  return { deeds: ['save', 'check in'], never: BLAMELESS, ...injection }
}
