import type { DatabaseKind } from '../../shared/contracts.ts'
import type { AccountStore } from '../accounts/ports.ts'
import type { ClaimStore, LicenseStorage } from '../license/ports.ts'
import { createFirstAdminStore } from './account-first.ts'
import { createSessionStore } from './account-sessions.ts'
import { createUserStore } from './account-users.ts'
import type { Connection } from './connection.ts'
import { createLicenseStorage } from './license-store.ts'
import type { RateWindows } from './rate-windows.ts'
import type { Replicas } from './replicas.ts'
import type { HealthMonitor, StorageHealth } from './storage-health.ts'
import type { ChangeHint } from './version-look.ts'

/** An open, migrated database with its stores. */
export interface Storage {
  kind: DatabaseKind
  /** Absolute path, or the PostgreSQL URL without password and parameters: fit for the log. */
  location: string
  /** Whether this start created it. */
  created: boolean
  /** Names of the migrations that this start applied. */
  migrations: readonly string[]
  /** Names of those that a newer version has applied, and after which this one can still be used. */
  newer: readonly string[]
  /** The copy of the database from before the migrations that this start applied; null where none was made. */
  copy: string | null
  /** Whether a connection pooler is in front of it, so that its settings have to be set in every transaction. */
  pooled: boolean
  licenses: LicenseStorage
  accounts: AccountStore
  health: StorageHealth
  /** Where several processes share the database, what they have counted together; else null. */
  windows: RateWindows | null
  /** The processes that share the database; null where there can be one only. */
  replicas: Replicas | null
  /** Resolves when the database answers; rejects with `STORAGE_UNAVAILABLE`. */
  ping(): Promise<void>
  /** Lets running operations end, then closes; later calls reject with `STORAGE_UNAVAILABLE`. */
  close(): Promise<void>
}

type Optional = 'migrations' | 'newer' | 'copy' | 'pooled' | 'windows' | 'replicas'
type Parts = Pick<Storage, 'kind' | 'location' | 'created'> & Partial<Pick<Storage, Optional>> & {
  connection: Connection
  databaseTime: () => Promise<number | null>
  claims: ClaimStore | null
  health: HealthMonitor
  /** Its `close`, if it has one, goes before the database's. */
  hint?: ChangeHint & { close?: () => Promise<void> }
  hasRoom?: () => Promise<boolean>
  requireFile?: () => void
}

export function assembleStorage(
  {
    connection, databaseTime, claims, health, hint, hasRoom, requireFile,
    migrations = [], newer = [], copy = null, pooled = false, windows = null, replicas = null, ...facts
  }: Parts,
): Storage {
  const licenses = createLicenseStorage(connection, { databaseTime, claims, hint })
  health.watch({
    read: () => licenses.readVersion(), write: () => leaveHeartbeat(connection),
    ...(hasRoom ? { hasRoom } : {}), ...(requireFile ? { requireFile } : {}),
  })
  async function close(): Promise<void> {
    health.close()
    await hint?.close?.()
    await connection.close()
  }
  return {
    ...facts,
    migrations,
    newer,
    copy,
    pooled,
    windows,
    replicas,
    licenses: { ...licenses, close },
    accounts: { ...createUserStore(connection), ...createSessionStore(connection), ...createFirstAdminStore(connection) },
    health,
    ping: async () => { await licenses.readVersion() },
    close,
  }
}

/** A write that proves the database can be written. It leaves `version` alone: replicas have nothing to refresh. */
async function leaveHeartbeat({ db, attempt }: Connection): Promise<void> {
  await attempt(() => db.updateTable('installation').set({ probed_at: Date.now() }).execute())
}
