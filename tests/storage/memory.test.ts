import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe } from 'vitest'
import { openStorage } from '../../server/storage/open.ts'
import { describeCheckIns } from './contract-check-ins.ts'
import { describeFindings } from './contract-findings.ts'
import { describeHistory } from './contract-history.ts'
import { describeLicense } from './contract-license.ts'
import { describeNotes } from './contract-notes.ts'
import { describeLicenseTimes } from './contract-times.ts'
import { describeLicenseVersions } from './contract-versions.ts'
import type { Bench } from './contract.ts'
import { createMemoryStore } from '../support/memory-store.ts'

const folder = mkdtempSync(join(tmpdir(), 'license-memory-'))
const real = await openStorage({ url: 'file:accounts.db', baseDir: folder })
afterAll(async () => {
  await real.close()
  rmSync(folder, { recursive: true })
})

const bench: Bench = {
  async open() {
    const licenses = createMemoryStore()
    const ping = async () => { await licenses.readVersion() }
    return { ...real, licenses, ping, close: () => licenses.close() }
  },
  openShared: () => Promise.reject(new Error('memory is not shared')),
}

describe('storage in memory', () => {
  describeLicense(bench)
  describeNotes(bench)
  describeCheckIns(bench)
  describeHistory(bench)
  describeFindings(bench)
  describeLicenseTimes(bench)
  describeLicenseVersions(bench)
})
