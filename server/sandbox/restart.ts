import { rmSync } from 'node:fs'
import { Client } from 'pg'
import { TABLES } from '../storage/schema.ts'
import { requireApp } from '../runtime/app.ts'
import type { App } from '../runtime/app.ts'
import type { Handle } from '../runtime/sandbox-hooks.ts'
import type { Beginning } from './hooks.ts'
import { beginWith, time } from './hooks.ts'
import type { Vendor } from './vendor.ts'

/** Ms. */
const PATIENCE = 5000

export interface Anew extends Beginning {
  /** The moment at which it starts, ms; null for the machine's time. */
  at: number | null
  /** Whether time stands still from there. */
  frozen: boolean
}

/**
 * Starts the product again, on an empty database and without a new process. It keeps its Instance ID unless it is given another.
 * Resolves to the app that is running then.
 */
export async function startAnew({ restart, base }: Handle, vendor: Vendor, { at, frozen, ...anew }: Anew): Promise<App> {
  const { storage: { kind, location }, license } = requireApp()
  const instanceId = anew.instanceId ?? license.instanceId
  await restart(async () => {
    if (kind === 'postgres') await dropTables(base.config.databaseUrl)
    else for (const suffix of ['', '-wal', '-shm']) rmSync(location + suffix, { force: true })
    beginWith({ ...anew, instanceId })
    time.set(at, frozen)
    // The license server would remember what is forgotten here. One that is none of ours does.
    await vendor.forget(instanceId).catch(() => undefined)
  })
  return requireApp()
}

async function dropTables(connectionString: string): Promise<void> {
  // Somebody else's lock must not keep the panel closed for ever.
  const client = new Client({ connectionString, connectionTimeoutMillis: PATIENCE, lock_timeout: PATIENCE })
  await client.connect()
  const tables = [...TABLES, 'license_migration', 'license_migration_lock']
  await client.query(`drop table if exists ${tables.join(', ')} cascade`).finally(() => client.end())
}
