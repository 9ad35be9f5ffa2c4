import { afterAll, beforeAll, expect, it } from 'vitest'
import { sleep, startOwnLicenseServer, until } from '../support/stand.ts'
import type { PostgresServer } from '../support/postgres-server.ts'
import { startPostgres } from '../support/postgres-server.ts'
import { tally } from '../support/tally.ts'
import type { Household } from './replicas/household.ts'
import { createHousehold } from './replicas/household.ts'

/* Replicas of the built product on one PostgreSQL, behind a relay that can cut it off, with leases that are due every two seconds. */

/** How many share the database while they are struck. */
const REPLICAS = Number(process.env.REPLICAS ?? 4)

let server: PostgresServer
beforeAll(async () => { server = await startPostgres() })
afterAll(() => server.remove())

/** What must be true of a household that has been through something. */
async function expectOneInstallation(household: Household, row: string): Promise<void> {
  const calls = await household.callsPerLease()
  const twice = calls.filter(({ count }) => count > 1)
  expect(twice.filter(({ count, lease }) => count > 2 || !household.excused.has(lease)), 'due times that were called for too often').toEqual([])
  expect(await household.forks()).toEqual([])
  expect(household.wrongAnswers).toEqual([])
  tally({ row, tried: calls.length })
}

it(`F69, F91: ${REPLICAS} replicas, twenty due times, whoever calls killed or frozen in between: one call each, no fork, no wrong answer`, async () => {
  const household = await createHousehold({ server, licenseServer: await startOwnLicenseServer(), replicas: REPLICAS })
  await household.serve(5)
  await household.strikeDuringCall('SIGKILL')
  await household.serve(3)
  const frozen = await household.strikeDuringCall('SIGSTOP')
  await household.serve(3)
  frozen.process.kill('SIGCONT')
  await household.serve(5)
  await household.strike('SIGKILL')
  await household.serve(4)
  await expectOneInstallation(household, 'F69')
})

it(`F91: ${REPLICAS} replicas, twenty due times, the database cut off while idle and during a call: nothing is called for again`, async () => {
  const household = await createHousehold({ server, licenseServer: await startOwnLicenseServer(), replicas: REPLICAS })
  await household.serve(5)
  for (const seconds of [3, 12]) {
    household.relay.cut = true
    await sleep(seconds * 1000)
    household.relay.cut = false
    await household.serve(3)
  }
  for (const seconds of [2, 50]) {
    await household.untilCalling()
    household.relay.cut = true
    await sleep(seconds * 1000)
    household.relay.cut = false
    await household.serve(4)
  }
  household.relay.silent = true
  await sleep(8000)
  household.relay.silent = false
  household.relay.cut = true
  household.relay.cut = false
  await household.serve(4)
  await expectOneInstallation(household, 'F91')
})

it('F69, F91: eight replicas, one check-in a due time; one that somebody asks for is seen by all within two seconds', async () => {
  const household = await createHousehold({ server, licenseServer: await startOwnLicenseServer(), replicas: 8 })
  await household.serve(8)
  await household.changeEvery(3600)
  expect((await household.admin.checkIn()).status).toBe(200)
  const lease = await household.leaseOf(household.first)
  await until('all show it', async () => (await household.leases()).every(each => each === lease), 2000)
  await expectOneInstallation(household, 'F69')
})
