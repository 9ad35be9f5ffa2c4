import { DatabaseSync } from 'node:sqlite'
import { expect, it, onTestFinished } from 'vitest'
import type { StoredLicense } from '../../server/license/stored-records.ts'
import { openStorage } from '../../server/storage/open.ts'
import { failureOf, freshLeaseOf, HOUR, licenseOf, markOf, NOW, saveOf, silenceOf, toldStateOf, verdictOf } from './samples.ts'
import { useSqlite } from './sqlite-backend.ts'

/* Two versions on one database, while an update is under way: the older one must not erase what it cannot read. */

const backend = useSqlite()
const NEWER = { last_error: 'NET_FROM_TOMORROW', last_finding: '{"cause":"from_tomorrow"}', next_at: 9e15, failing_since: -1 }

async function openWith(license?: StoredLicense) {
  const { licenses, location, close } = await openStorage({ url: await backend.freshUrl(), baseDir: '/' })
  await licenses.commit(saveOf(0, license && { license }))
  const database = new DatabaseSync(location)
  onTestFinished(async () => {
    database.close()
    await close()
  })
  return { licenses, database }
}

async function openNewer() {
  const { licenses, database } = await openWith()
  database.prepare('UPDATE license SET last_error = ?, last_finding = ?, next_at = ?, failing_since = ?').run(...Object.values(NEWER))
  return { licenses, row: () => ({ ...database.prepare('SELECT last_state, last_error, last_finding, next_at, failing_since FROM license').get() }) }
}

it('a state is recorded beside columns that this version cannot read, and leaves them alone', async () => {
  const { licenses, row } = await openNewer()
  expect(await licenses.commit(toldStateOf('grace'))).toMatchObject({ license: { lastState: 'grace', lastError: null, lastFinding: null, nextAt: null, failingSince: null } })
  expect(row()).toEqual({ last_state: 'grace', ...NEWER })
})

it('what an attempt says itself is written over them', async () => {
  const { licenses, row } = await openNewer()
  const { at, nextAt } = { at: 1_800_000_000_000, nextAt: 1_800_003_600_000 }
  await licenses.commit(failureOf(at))
  expect(row()).toMatchObject({ last_error: 'NET_TIMEOUT', last_finding: JSON.stringify(silenceOf(at)), next_at: expect.any(Number) })
  expect(Number(row().next_at)).toBeLessThanOrEqual(nextAt)
})

it('an activation leaves nothing of the row before', async () => {
  const { licenses, row } = await openNewer()
  expect(await licenses.commit(saveOf(1))).not.toBe('stale')
  expect(row()).toMatchObject({ last_error: null, last_finding: null, failing_since: null })
  expect(await licenses.commit(freshLeaseOf())).not.toBe('stale')
})

const suspended = licenseOf({ verdict: 'a.verdict.sig', verdictRun: { verdict: 'suspended', since: NOW } })

it('a run of verdicts ends where a version that does not know it has lifted the verdict', async () => {
  const { licenses, database } = await openWith(suspended)
  database.exec('UPDATE license SET verdict = null')
  expect((await licenses.read()).license?.verdictRun).toBeNull()
  await licenses.commit(verdictOf({ at: NOW + HOUR, seq: markOf(2, 'verdict-2') }))
  expect((await licenses.read()).license?.verdictRun).toEqual({ verdict: 'suspended', since: NOW + HOUR })
})

it.each(['verdict_kind = \'from_tomorrow\'', 'verdict_since = -1', 'verdict_since = null'])('a run that this version cannot read counts as none: %s', async (change) => {
  const { licenses, database } = await openWith(suspended)
  database.exec(`UPDATE license SET ${change}`)
  expect((await licenses.read()).license).toMatchObject({ verdict: 'a.verdict.sig', verdictRun: null })
})
