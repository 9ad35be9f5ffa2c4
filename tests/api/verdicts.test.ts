import { beforeAll, describe, expect, it } from 'vitest'
import type { CheckInDay, LicenseState } from '../../shared/contracts.ts'
import type { LicenseStatus } from '../support/vendor/control-protocol.ts'
import type { ApiClient } from '../support/api-client.ts'
import type { ProductOptions } from '../support/product-process.ts'
import { SERVICE_TOKEN } from '../support/product-process.ts'
import { expectError } from '../support/expect-error.ts'
import { addAdmin, restart, signInSoon, startOwnProduct, until, useStand } from '../support/stand.ts'

const stand = useStand()
const VERDICTS: [LicenseStatus, LicenseState][] = [['revoked', 'revoked'], ['suspended', 'suspended'], ['bound_elsewhere', 'mismatch']]

function featureStatus(client: ApiClient): Promise<number> {
  return client.request('GET', '/api/features/sso', undefined, { authorization: `Bearer ${SERVICE_TOKEN}` }).then(({ status }) => status)
}

/** A product of its own with a standard license, and its key. */
async function activateOwn(options: ProductOptions) {
  const product = await startOwnProduct(options)
  const client = await signInSoon(product)
  const { key } = await stand.licenseServer.control.createLicense({ method: 'standard' })
  await client.save(key)
  return { product, client, key }
}

describe('F40 a signed verdict', () => {
  it.each(VERDICTS)('%s takes the features at once, survives a restart, and is lifted by a later lease', async (status, state) => {
    const { control, url } = stand.licenseServer
    const options = { licenseServerUrl: url }
    const { product, client, key } = await activateOwn(options)
    expect(await featureStatus(client)).toBe(204)

    await control.changeLicense(key, { status, reason: 'unpaid <b>bill</b>' })
    const answer = await client.checkIn()
    expect(answer.status).toBe(200)
    expect(answer.body).toMatchObject({ state, entitled: false, reason: 'unpaid <b>bill</b>', method: 'standard' })
    expect(await featureStatus(client)).toBe(402)
    expect((await client.request<{ features: string[] }>('GET', '/api/entitlements')).body.features).toEqual([])

    await restart(product, options)
    expect(await client.license()).toMatchObject({ state, entitled: false })
    expect(await featureStatus(client)).toBe(402)

    await control.changeLicense(key, { status: 'active' })
    expect((await client.checkIn()).body).toMatchObject({ state: 'active', entitled: true, reason: null })
    expect(await featureStatus(client)).toBe(204)
  })

  it('given again stands since it was first given, and keeps each day since marked as off', async () => {
    const { control, url } = stand.licenseServer
    const options = { licenseServerUrl: url }
    const { product, client, key } = await activateOwn(options)
    const daysOf = async () => (await client.request<{ days: CheckInDay[] }>('GET', '/api/license/check-ins')).body.days
    await client.checkIn()
    expect(new Set((await daysOf()).map(({ off }) => off))).toEqual(new Set([false]))

    await control.changeLicense(key, { status: 'suspended' })
    const { body: { verdictAt, revision } } = await client.checkIn()
    const next = Date.parse(verdictAt ?? '') + 1000
    await until('the next verdict has another date', () => Date.now() >= next)
    await restart(product, options)
    const { body: again } = await client.checkIn()
    expect(again).toMatchObject({ state: 'suspended', verdictAt, finding: { at: verdictAt }, revision: revision + 1 })
    const days = await daysOf()
    expect(days.map(({ off }) => off)).toContain(true)
    for (const { day, off } of days) expect([day, off]).toEqual([day, day >= (verdictAt ?? '').slice(0, 10)])

    await control.changeLicense(key, { status: 'active' })
    expect((await client.checkIn()).body.verdictAt).toBeNull()
    expect(new Set((await daysOf()).map(({ off }) => off))).toEqual(new Set([false]))
    await control.changeLicense(key, { status: 'suspended' })
    const { body: anew } = await client.checkIn()
    expect(Date.parse(anew.verdictAt ?? '')).toBeGreaterThanOrEqual(next)
  })

  it('reaches an installation by its own schedule, and is lifted by it', async () => {
    const { control, url } = stand.licenseServer
    const client = await signInSoon(await startOwnProduct({ licenseServerUrl: url }))
    const { key } = await control.createLicense({ method: 'standard', every: 1, grace: 60 })
    await client.save(key)
    await control.changeLicense(key, { status: 'suspended' })
    expect((await client.waitFor(({ state }) => state === 'suspended')).entitled).toBe(false)
    await control.changeLicense(key, { status: 'active' })
    expect((await client.waitFor(({ state }) => state === 'active')).entitled).toBe(true)
  })

  it.each(['json', 'pretty'])('F07: is one line of the log in its %s format, its reason in it as inert text', async (format) => {
    const { control, url } = stand.licenseServer
    const product = await startOwnProduct({ licenseServerUrl: url, env: { NC_LOG_FORMAT: format } })
    const client = await signInSoon(product)
    const { key } = await control.createLicense({ method: 'standard', every: 1, grace: 60 })
    await client.save(key)
    const reason = 'unpaid <b>"bill"</b>\n{"level":"error","msg":"forged"}\r\n\u001b[31mred\u001b[0m\u2028end'
    await control.changeLicense(key, { status: 'revoked', reason })
    expect((await client.waitFor(({ state }) => state === 'revoked')).reason).toBe(reason)
    const sent = 'the license server sent a verdict'
    await until('the log tells of it', () => [sent, 'license state changed'].every(message => product.output().includes(message)))
    const lines = product.output().trimEnd().split('\n')
    const told = lines.filter(line => line.includes('unpaid'))
    // The vendor is asked again every second, and each verdict is a line of its own.
    expect(told).toEqual(told.map(() => expect.stringContaining(sent)))
    const inert = 'unpaid <b>"bill"</b>\ufffd{"level":"error","msg":"forged"}\ufffd\ufffd\ufffd[31mred\ufffd[0m\ufffdend'
    expect(told.length).toBeGreaterThan(0)
    for (const line of told) expect(line).toContain(`"reason":${JSON.stringify(inert)}`)
    expect(lines.filter(line => /forged|\[31m|end$/.test(line))).toEqual(told)
    if (format === 'json') expect(lines.map(line => typeof JSON.parse(line))).toEqual(lines.map(() => 'object'))
  })

  it('lifts an airgapped license too, when it renews', async () => {
    const { control, url } = stand.licenseServer
    const client = await signInSoon(await startOwnProduct({ licenseServerUrl: url }))
    const { key } = await control.createLicense({ method: 'airgapped' })
    await client.save(key)
    await control.addFault({ call: 'renew', times: 1, fault: { type: 'verdict', verdict: 'revoked' } })
    expect((await client.checkIn()).body).toMatchObject({ state: 'revoked', entitled: false })
    expect((await client.checkIn()).body).toMatchObject({ state: 'active', entitled: true })
  })
})

describe('what nobody signed', () => {
  beforeAll(async () => {
    await stand.admin.save('nc_demo_standard')
    // Until a check-in has succeeded, one that fails is tried again after two seconds.
    expect((await stand.admin.checkIn()).status).toBe(200)
  })

  it.each(['revoked', 'suspended', 'bound_elsewhere', 'unknown_key', 'expired'] as const)(
    'F39 a refusal "%s" during a check-in is a failed check-in and nothing more', async (code) => {
      const { control } = stand.licenseServer
      const client = await addAdmin(stand.admin, stand.product, `${code}@example.com`)
      await client.save('nc_demo_standard')
      await control.addFault({ call: 'checkIn', times: 1, fault: { type: 'unsignedRefusal', code } })
      const { graceEndsAt } = await client.license()
      expectError(await client.checkIn(), 'SERVER_REFUSED')
      expect(await client.license()).toMatchObject({
        state: 'active', entitled: true, checkIn: { consecutiveFailures: 1, lastError: { code: 'SERVER_REFUSED' } },
        // It is said, though it decides nothing: what was refused, and until when there is time.
        finding: { cause: `refused_${code}`, facts: { refusal: code, until: graceEndsAt } },
      })
      expect((await client.checkIn()).status).toBe(200)
    })

  // What an activation can be answered with as well is in network-errors.test.ts.
  it.each(['wrongSigner', 'wrongLicense', 'olderSeq', 'replay'] as const)(
    'F38 a check-in answered with %s keeps the last good state', async (type) => {
      const { control } = stand.licenseServer
      const client = await addAdmin(stand.admin, stand.product, `${type}@example.com`)
      const { body: before } = await client.save('nc_demo_standard')
      await control.addFault({ call: 'checkIn', times: 1, fault: { type } })
      expectError(await client.checkIn(), 'SERVER_RESPONSE_INVALID')
      const after = await client.license()
      expect(after).toMatchObject({ state: 'active', entitled: true, issuedAt: before.issuedAt, licenseId: before.licenseId })
      expect(after.checkIn?.lastSuccessAt).toBe(before.checkIn?.lastSuccessAt)
      expect((await client.checkIn()).status).toBe(200)
    })
})
