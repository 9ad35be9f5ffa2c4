import type { Seen } from '../../shared/findings.ts'
import { seen } from '../../shared/findings.ts'
import type { Audience } from '../../shared/redaction.ts'
import type { LicenseError } from '../license/errors.ts'
import type { Storage, StorageCause } from '../storage/open.ts'
import { causeOf, isStorageCause } from '../storage/open.ts'
import { getApp, getBase } from './app.ts'

/* What is wrong with the database, as a finding. */

/** A database as people are told it: a path, or host and database without user or password. */
export function placeOf(location: string): string {
  if (!/^postgres(?:ql)?:\/\//.test(location)) return location.replace(/^file:/, '')
  if (!URL.canParse(location)) return 'PostgreSQL'
  const { host, pathname, searchParams } = new URL(location)
  return `${host || searchParams.get('host') || 'PostgreSQL'}${pathname}`
}

/** What keeps the database from being used, and since when (ms); null while it can be. */
export function storageTrouble({ health, location }: Pick<Storage, 'health' | 'location'>): { seen: Seen, since: number } | null {
  return health.cause && { since: health.since ?? Date.now(), seen: describe(health.cause, location, health.code) }
}

/** What was found when an operation failed with STORAGE_UNAVAILABLE. Whoever is not signed in is told the kind of database alone. */
export function seenOfStorageError({ details, cause }: Pick<LicenseError, 'details' | 'cause'>, audience: Audience): Seen {
  const storage = getApp()?.storage
  const url = getBase()?.config.databaseUrl ?? ''
  const named = details?.cause
  const what = isStorageCause(named) ? named : storage?.health.cause ?? causeOf(cause)
  if (audience !== 'nobody') return describe(what, storage?.location ?? url, storage?.health.code ?? null)
  const isFile = storage ? storage.kind === 'sqlite' : url.startsWith('file:')
  return describe(what, isFile ? 'SQLite' : 'PostgreSQL', null)
}

function describe(cause: StorageCause, location: string, errno: string | null): Seen {
  return seen('STORAGE_UNAVAILABLE', cause, { location: placeOf(location) || '?', errno })
}
