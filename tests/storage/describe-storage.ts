import { afterEach, describe } from 'vitest'
import { openStorage, type Storage } from '../../server/storage/open.ts'
import type { Backend, Bench } from './contract.ts'
import { describeAccounts } from './contract-accounts.ts'
import { describeConcurrency } from './contract-concurrency.ts'
import { describeCheckIns } from './contract-check-ins.ts'
import { describeFindings } from './contract-findings.ts'
import { describeHistory } from './contract-history.ts'
import { describeLicense } from './contract-license.ts'
import { describeNotes } from './contract-notes.ts'
import { describeAccountTimes, describeLicenseTimes } from './contract-times.ts'
import { describeAccountVersions, describeLicenseVersions } from './contract-versions.ts'

/** Runs everything that the ports promise on one kind of database. */
export function describeStorage(title: string, backend: Backend): void {
  describe(title, () => {
    const opened: Storage[] = []
    afterEach(async () => { await Promise.all(opened.splice(0).map(storage => storage.close())) })

    async function openShared(count: number): Promise<Storage[]> {
      const url = await backend.freshUrl()
      const storages = await Promise.all(Array.from({ length: count }, () => openStorage({ url, baseDir: '/' })))
      opened.push(...storages)
      return storages
    }
    const bench: Bench = {
      openShared,
      async open() {
        const [storage] = await openShared(1)
        if (!storage) throw new Error('nothing was opened')
        return storage
      },
    }
    describeLicense(bench)
    describeNotes(bench)
    describeCheckIns(bench)
    describeHistory(bench)
    describeFindings(bench)
    describeAccounts(bench)
    describeLicenseTimes(bench)
    describeAccountTimes(bench)
    describeLicenseVersions(bench)
    describeAccountVersions(bench)
    describeConcurrency(bench)
  })
}
