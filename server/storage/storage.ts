import { createAccountStore } from './account-store.ts'
import type { AccountStore } from '../accounts/ports.ts'
import type { LicenseStore } from '../license/ports.ts'
import type { Connection } from './connection.ts'
import { createLicenseStore } from './license-store.ts'

/** An open, migrated database with its stores. */
export interface Storage {
  kind: 'sqlite' | 'postgres'
  /** Absolute path, or the PostgreSQL URL without password and parameters: fit for the log. */
  location: string
  /** Whether this start made it. */
  created: boolean
  /** Names of the migrations that this start applied. */
  migrations: readonly string[]
  licenses: LicenseStore
  accounts: AccountStore
  /** Resolves when the database answers; rejects with `STORAGE_UNAVAILABLE`. */
  ping(): Promise<void>
  /** Lets running operations end, then closes; later calls reject with `STORAGE_UNAVAILABLE`. */
  close(): Promise<void>
}

type Parts = Pick<Storage, 'kind' | 'location' | 'created'> & Partial<Pick<Storage, 'migrations'>> & {
  connection: Connection
  databaseTime: () => Promise<number | null>
}

export function assembleStorage({ connection, databaseTime, migrations = [], ...facts }: Parts): Storage {
  const licenses = createLicenseStore(connection, databaseTime)
  return {
    ...facts,
    migrations,
    licenses,
    accounts: createAccountStore(connection),
    ping: async () => { await licenses.readVersion() },
    close: () => connection.close(),
  }
}
