import { rulesOf } from '../../shared/method-rules.ts'
import type { Seen } from '../../shared/findings.ts'
import type { DiagnosticsOptions } from '../license-server/diagnostics.ts'
import type { Storage } from '../storage/open.ts'
import type { App } from './app.ts'
import { remedyOf } from './sentences.ts'
import { placeOf, seenOfStorageError, storageTrouble } from './storage-finding.ts'
import { LicenseError } from '../license/errors.ts'

/** What the diagnostics of a running app test, and how. */
export function diagnosticsOf({ client, license, storage }: App): DiagnosticsOptions {
  return {
    client, remedyOf,
    now: () => license.moment().wall,
    silent: rulesOf(license.view('admin').method)?.silent ?? false,
    checkStorage: () => checkStorage(storage),
    checkClock: () => license.clockTrouble(),
  }
}

async function checkStorage(storage: Storage): Promise<Seen | { location: string }> {
  try {
    await storage.health.requireWritable()
    return { location: placeOf(storage.location) }
  }
  catch (error) {
    if (!(error instanceof LicenseError)) throw error
    return storageTrouble(storage)?.seen ?? seenOfStorageError(error, 'admin')
  }
}
