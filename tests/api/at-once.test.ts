import { describe, expect, it } from 'vitest'
import type { EventView, LicenseView } from '../../shared/contracts.ts'
import type { Answer, ApiClient } from '../support/api-client.ts'
import { expectError } from '../support/expect-error.ts'
import { passOn } from '../support/network/routes.ts'
import { addAdmin, signInSoon, sleep, startOwnProduct, until, useStand } from '../support/stand.ts'
import { startServer } from '../support/vendor-door.ts'

/* Two people, or a person and the scheduler, who mean the same license at the same time. */

const stand = useStand()
const control = () => stand.licenseServer.control
let people = 0

/** One more administrator, with rate limits of their own. */
const nextAdmin = () => addAdmin(stand.admin, stand.product, `person${++people}@example.com`)

/** An administrator, and a standard license that is active; the license server has forgotten what it was asked so far. */
async function freshStart(every?: number): Promise<{ client: ApiClient, view: LicenseView, key: string }> {
  await control().clearFaults()
  const { key } = await control().createLicense({ method: 'standard', ...(every === undefined ? {} : { every }) })
  const client = await nextAdmin()
  const { body: view } = await client.save(key)
  await control().clearRequests()
  return { client, view, key }
}

const callsOf = async (name: string) => (await control().requests()).filter(({ path }) => path.endsWith(`/${name}`)).length
const newestEvents = async (client: ApiClient) => (await client.request<{ events: EventView[] }>('GET', '/api/license/events?limit=5')).body.events

/** Begins something whose answer from the license server is held back; `release` lets it through. */
async function beginHeld(call: 'activate' | 'checkIn', begin: () => Promise<Answer<LicenseView>>) {
  await control().addFault({ call, times: 1, fault: { type: 'hold' } })
  const name = call === 'activate' ? 'activate' : 'check-in'
  const before = await callsOf(name)
  const answer = begin()
  await until('the license server has been asked', async () => await callsOf(name) > before)
  return {
    async release() {
      await control().clearFaults()
      return answer
    },
  }
}

describe('a stale revision', () => {
  it.each([-1, 1])('F66 is refused for saving and for removing, before anybody is called, and the current one is named: %i', async (off) => {
    const { client, view } = await freshStart()
    const revision = view.revision + off
    for (const answer of [await client.save('nc_demo_expiring', revision), await client.request('DELETE', '/api/license', { revision })]) {
      expectError(answer, 'CONFLICT')
      expect(answer.error?.details).toEqual({ revision: view.revision })
    }
    const after = await client.license()
    // The license server may have been told meanwhile of the license that was replaced.
    expect(after).toEqual({ ...view, serverTime: after.serverTime, deactivation: after.deactivation })
    expect(await callsOf('activate')).toBe(0)
  })
})

describe('two saves at once', () => {
  it('F66 one wins, the other is told of the conflict', async () => {
    const { client, view } = await freshStart()
    const other = await nextAdmin()
    const keys = [await control().createLicense({ method: 'standard' }), await control().createLicense({ method: 'standard' })]
    await control().addFault({ call: 'activate', times: 2, fault: { type: 'hold' } })
    const saving = [client, other].map((each, nth) => each.save(keys[nth]?.key ?? '', view.revision))
    await until('both are under way', async () => await callsOf('activate') === 2)
    await control().clearFaults()
    const answers = await Promise.all(saving)
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409])
    const loser = answers.find(({ status }) => status === 409)
    if (!loser) throw new Error('nobody lost')
    expectError(loser, 'CONFLICT')
    expect((await client.license()).licenseId).toBe(keys[answers.findIndex(({ status }) => status === 200)]?.licenseId)
  })
})

/** Time enough for what was asked to arrive: also on a slow machine, as others are answered meanwhile who ask one after the other. */
async function untilArrived(asked: Promise<unknown>, other: ApiClient): Promise<void> {
  await Promise.race([asked, sleep(300)])
  for (let nth = 0; nth < 10; nth++) await other.license()
}

describe('two check-ins at once', () => {
  it('are one call, one entry of the activity, and the same answer to both', async () => {
    const { client } = await freshStart()
    const other = await nextAdmin()
    const first = await beginHeld('checkIn', () => client.checkIn())
    const second = other.checkIn()
    await untilArrived(second, client)
    const answers = [await first.release(), await second]
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    expect(answers[0]?.body.checkIn).toEqual(answers[1]?.body.checkIn)
    expect(await callsOf('check-in')).toBe(1)
    expect((await newestEvents(client)).filter(({ kind }) => kind === 'check_in_succeeded')).toMatchObject([{ count: 1, actor: 'user' }])
  })

  it('one that is asked for joins the one that the scheduler has begun', async () => {
    const { client } = await freshStart(1)
    await control().addFault({ call: 'checkIn', times: 1, fault: { type: 'hold' } })
    await until('the scheduler has asked', async () => (await control().faults()).length === 0)
    const before = await callsOf('check-in')
    const joined = client.checkIn()
    await untilArrived(joined, client)
    expect(await callsOf('check-in')).toBe(before)
    await control().clearFaults()
    expect((await joined).status).toBe(200)
  })
})

describe('a late answer', () => {
  it('F66 to a check-in does not overwrite a license saved meanwhile', async () => {
    const { client } = await freshStart()
    const { key, licenseId } = await control().createLicense({ method: 'airgapped' })
    const held = await beginHeld('checkIn', () => client.checkIn())
    expect((await client.save(key)).body.licenseId).toBe(licenseId)
    expectError(await held.release(), 'CONFLICT')
    expect(await client.license()).toMatchObject({ state: 'active', licenseId, method: 'airgapped' })
  })

  it('F66 to a check-in does not bring back a license removed meanwhile', async () => {
    const { client } = await freshStart()
    const held = await beginHeld('checkIn', () => client.checkIn())
    expect((await client.remove()).status).toBe(200)
    expectError(await held.release(), 'CONFLICT')
    expect((await client.license()).state).toBe('unlicensed')
  })

  it('F66 with a verdict does not fall on a license saved meanwhile', async () => {
    const { client, key } = await freshStart()
    await control().changeLicense(key, { status: 'revoked' })
    const { key: next, licenseId } = await control().createLicense({ method: 'standard' })
    const held = await beginHeld('checkIn', () => client.checkIn())
    expect((await client.save(next)).body.licenseId).toBe(licenseId)
    expectError(await held.release(), 'CONFLICT')
    expect(await client.license()).toMatchObject({ state: 'active', entitled: true, licenseId, reason: null })
  })

  it('F66 to a save that replaces a license does not stand where that license was removed meanwhile; saving again does, for the same seat', async () => {
    const { client } = await freshStart()
    const { key, licenseId } = await control().createLicense({ method: 'standard' })
    const held = await beginHeld('activate', () => client.save(key))
    expect((await client.remove()).status).toBe(200)
    expectError(await held.release(), 'CONFLICT')
    expect((await client.license()).state).toBe('unlicensed')
    expect((await client.save(key)).body).toMatchObject({ state: 'active', licenseId })
    expect((await control().getLicense(key)).activations).toBe(1)
  })
})

describe('two removals at once', () => {
  it('one removes, the other is told that there is nothing left, and one entry tells of it', async () => {
    const { client } = await freshStart()
    const other = await nextAdmin()
    const removals = async () => (await client.request<{ events: EventView[] }>('GET', '/api/license/events?kind=removed&limit=200')).body.events.length
    const before = await removals()
    const answers = await Promise.all([client.remove(), other.remove()])
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409])
    expect(['CONFLICT', 'NO_LICENSE']).toContain(answers.find(({ status }) => status === 409)?.error?.code)
    expect(await removals()).toBe(before + 1)
  })
})

describe('a save while the license server is being told of the removal before', () => {
  it('waits for that, so that word of the removal does not take the seat of the new activation', async () => {
    const letGo = Promise.withResolvers<void>()
    let heldUp = false
    const forward = passOn(stand.licenseServer.url)
    const slowForRemovals = await startServer((request, response) => {
      if (!request.url?.endsWith('/deactivate')) return forward(request, response)
      heldUp = true
      return letGo.promise.then(() => forward(request, response))
    })
    const product = await startOwnProduct({ licenseServerUrl: slowForRemovals })
    const client = await signInSoon(product)
    const { key } = await control().createLicense({ method: 'standard' })
    const { body: { instanceId } } = await client.save(key)
    await client.remove()
    await until('word of the removal is on its way', () => heldUp)
    const saving = client.save(key)
    // Long enough for an activation that does not wait to be there first.
    await Promise.race([saving, sleep(500)])
    letGo.resolve()
    expect((await saving).body.state).toBe('active')
    expect((await control().getLicense(key)).boundTo).toEqual([instanceId])
    expect((await client.checkIn()).status).toBe(200)
  })
})
