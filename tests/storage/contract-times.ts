import { expect, it } from 'vitest'
import type { Storage } from '../../server/storage/open.ts'
import { activate } from '../../server/license/record.ts'
import type { Bench } from './contract.ts'
import { DAY, deactivation, eventOf, failureOf, fresh, HOUR, licenseOf, markOf, NOW, saveOf, PASSWORD_HASH, sessionOf, trusted, userOf } from './samples.ts'

const user = userOf({ id: 'user', email: 'user@example.com' })
const admin = userOf({ id: 'admin', email: 'admin@example.com', role: 'admin' })
const setup = { digest: 'digest', expiresAt: NOW + DAY }
const previous = {
  method: 'airgapped' as const, lease: 'a.lease.sig', jti: 'lease-0', secret: 'secret-0', maskedKey: 'nc_ag_••••••••abcd',
  sub: 'lic_0', seq: 7, plan: 'enterprise', expiresAt: NOW + 9,
}

/** What a store keeps and finds when every time that it is given is `late` ms later than a whole one. */
type Calls<Store> = Readonly<Record<string, (store: Store, late: number) => Promise<unknown>>>

const LICENSE_CALLS: Calls<Storage['licenses']> = {
  'a license, with all that is saved together with it': async (licenses, late) => {
    const at = NOW + late
    const license = licenseOf({ activatedAt: at, lastSuccessAt: at, lastAttemptAt: at, nextAt: at, failingSince: at })
    await licenses.commit({
      ...saveOf(0), trusted: { ...trusted, at, uptime: 5000 + late }, anchor: { jti: 'lease-1', at, wall: at }, event: eventOf({ at }),
      change: stored => ({
        ...Object(activate(license, 'lic_1', { ...deactivation, createdAt: at, nextAt: at })(stored)),
        previous: { ...previous, activatedAt: at, lastSuccessAt: at, replacedAt: at },
      }),
    })
    return [await licenses.read(), await licenses.listEvents({ limit: 9 }), await licenses.dueDeactivations(at)]
  },
  'a check-in of this license': async (licenses, late) => {
    await licenses.commit(saveOf(0))
    await licenses.commit(failureOf(NOW + HOUR + late))
    return [(await licenses.read()).license?.nextAt, await licenses.listCheckInDays(NOW + late)]
  },
  'notes': async (licenses, late) => {
    await licenses.saveTrustedTime({ ...trusted, at: NOW + late, uptime: 5000 + late })
    await licenses.saveRenewalAttempt(NOW + late)
    return [await licenses.read(), await licenses.installation({ ...fresh, createdAt: NOW + late })]
  },
  'what the vendor has yet to be told': async (licenses, late) => {
    await licenses.commit(saveOf(0, { seq: markOf(1), deactivate: deactivation }))
    await licenses.postponeDeactivation(1, NOW + DAY + late)
    return licenses.dueDeactivations(NOW + DAY + late)
  },
  'the activity log': async (licenses, late) => {
    for (const kind of ['removed', 'activated', 'check_in_failed', 'check_in_failed'] as const) await licenses.appendEvent(eventOf({ kind, at: NOW + late }))
    await licenses.appendEvent(eventOf({ at: NOW - HOUR }))
    return [await licenses.pruneEvents(NOW + late), await licenses.listEvents({ limit: 9 })]
  },
}

const ACCOUNT_CALLS: Calls<Storage['accounts']> = {
  'accounts': async (accounts, late) => {
    await accounts.saveSetupToken({ ...setup, expiresAt: setup.expiresAt + late }, null)
    const token = await accounts.setupToken()
    await accounts.createFirstAdmin({ ...admin, createdAt: NOW + late }, { digest: setup.digest, now: NOW + late }, eventOf())
    await accounts.createUser({ ...user, createdAt: NOW + late }, eventOf())
    const account = { user: userOf({ id: 'applied', email: 'applied@example.com', createdAt: NOW + late }), event: eventOf() }
    await accounts.applyAdmin({ previous: null, applied: null, account })
    return [token, await accounts.listUsers()]
  },
  'sessions': async (accounts, late) => {
    await accounts.createUser(user, eventOf())
    for (const id of ['one', 'touched', 'over']) {
      const ends = NOW + (id === 'over' ? 0 : HOUR) + late
      await accounts.createSession(sessionOf(user, { id, createdAt: NOW + late, lastSeenAt: NOW + late, expiresAt: ends }), PASSWORD_HASH)
    }
    await accounts.touchSession('touched', NOW + late, NOW + DAY + late)
    await accounts.pruneSessions(NOW + late)
    return Promise.all(['one', 'touched', 'over'].map(id => accounts.getSession(id, NOW + late)))
  },
}

/** Computed clocks have fractions of a millisecond; databases keep whole ones. */
export function describeLicenseTimes({ open }: Bench): void {
  it.each(Object.entries(LICENSE_CALLS))('times that are not whole milliseconds are kept and found as whole ones: %s', async (_, call) => {
    const whole = await call((await open()).licenses, 0)
    expect(await call((await open()).licenses, 0.4)).toEqual(whole)
  })
}

export function describeAccountTimes({ open }: Bench): void {
  it.each(Object.entries(ACCOUNT_CALLS))('times that are not whole milliseconds are kept and found as whole ones: %s', async (_, call) => {
    const whole = await call((await open()).accounts, 0)
    expect(await call((await open()).accounts, 0.4)).toEqual(whole)
  })
}
