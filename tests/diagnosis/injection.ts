import type { FindingCause } from '../../shared/findings.ts'
import type { ProductOptions } from '../support/product-process.ts'
import type { LicenseServerProcess } from '../support/vendor/vendor-process.ts'

/** What is done when the cause is in place. */
export type Deed = 'save' | 'check in' | 'look'

/** How the product is started for an injection; what is left out is as it should be. */
export type Broken = Partial<Pick<ProductOptions, 'licenseServerUrl' | 'env' | 'wrapper' | 'untilReady'>>

/** Where the product keeps its data, and the environment that goes with it. */
export interface House { dataDir?: string, env?: Record<string, string> }

/** What the injections share. */
export interface Lab {
  licenseServer: LicenseServerProcess
  /** Whether the machine allows a network of our own. */
  isolated: boolean
}

export interface Injection {
  name: string
  cause: FindingCause
  deeds: readonly Deed[]
  /** Needs a network of its own. */
  isolated?: true
  /** Needs the program of that name. */
  needs?: 'faketime'
  /** Where the product lives, before anything is wrong; by default a SQLite file in a new folder. */
  house?(): Promise<House>
  /** Puts the cause in place, until the test ends. */
  arrange(lab: Lab): Promise<Broken>
  /** Changes the stored data while the product is down. */
  edit?(databaseFile: string): void
  /** After the product has started; for what goes wrong while it runs. */
  meddle?(product: Meddled): Promise<void>
  /** What is entered; by default the key that works. */
  credential?: string | ((instanceId: string) => string)
  /** The license that is active beforehand where that is not decided by the deed. */
  before?: 'standard' | 'none' | ((instanceId: string) => string)
  /** What a person has to read, besides the reference: the facts, and what helps. */
  named: readonly RegExp[]
  /** Of these, what only an administrator may see, and hence no support bundle has. */
  adminOnly?: readonly RegExp[]
  helps: RegExp
  /** What must not be said. */
  never?: RegExp
}

/** The product, while it runs. */
export interface Meddled { databaseFile: string, dataDir: string, url: string }

/** The words of a failure that is not ours to mend are never said about one that is. */
export const BLAMELESS = /nothing is wrong here/i
