import { describe, expect, it } from 'vitest'
import type { LicenseView, OutboundRequest } from '../../shared/contracts.ts'
import type { RecordedRequest } from '../support/vendor/control-protocol.ts'
import type { Product } from '../support/product-process.ts'
import { signIn } from '../support/api-client.ts'
import { expectError } from '../support/expect-error.ts'
import { restart, signInSoon, startOwnLicenseServer, startOwnProduct, until, useStand } from '../support/stand.ts'

const stand = useStand()

const instanceIdLines = (product: Product) => product.output().split('\n').filter(line => line.includes('Instance ID: '))
const bodyOf = (request: RecordedRequest | undefined) => Object(request?.body)
const callsOf = (requests: RecordedRequest[]) => requests.map(({ path }) => path.split('/').at(-1))

/** What must be the same before and after a restart. */
function lasting(
  { serverTime: _now, warnings: _warnings, checkIn: _checkIn, finding: _finding, issuedAt: _issued, graceEndsAt: _grace, ...view }: LicenseView,
) {
  return view
}

/** Removes what an earlier test has left, and waits until the license server has been told: it is, by a call of its own. */
async function giveBack(): Promise<void> {
  const { control } = stand.licenseServer
  if ((await stand.admin.license()).method === null) return
  await control.clearRequests()
  await stand.admin.remove()
  await until('the license server is told of the removal', async () => callsOf(await control.requests()).includes('deactivate'))
}

describe('a standard license', () => {
  it('is active at once, says all about itself, and calls exactly once', async () => {
    const { control } = stand.licenseServer
    const { key, licenseId } = await control.createLicense({ method: 'standard', seats: 7, features: ['sso', 'quantum'], organization: 'Zeta', days: 100, renews: false })
    const before = await stand.admin.license()
    expect(before).toMatchObject({ state: 'unlicensed', entitled: false, method: null, features: [], maskedKey: null, checkIn: null, revision: 0 })
    expect(before.instanceId).toMatch(/^[0-9a-f]{32}$/)

    const { status, body: view } = await stand.admin.save(key, before.revision)
    expect(status).toBe(200)
    expect(view).toMatchObject({
      state: 'active', entitled: true, method: 'standard', plan: 'enterprise', licenseId, seats: 7, features: ['sso', 'quantum'],
      licensee: { organization: 'Zeta' }, renews: false, managedByEnv: false, instanceId: before.instanceId, seatsUsed: null,
    })
    expect(view.revision).toBeGreaterThan(before.revision)
    expect(view.maskedKey).toMatch(new RegExp(`^nc_[^\\w]+${key.slice(-4)}$`))
    expect(view.checkIn).toMatchObject({ consecutiveFailures: 0, lastError: null })
    const issued = Date.parse(view.issuedAt ?? '')
    expect(Date.parse(view.graceEndsAt ?? '') - issued).toBe((21_600 + 604_800) * 1000)
    const next = Date.parse(view.checkIn?.nextAt ?? '') - issued
    expect(next).toBeGreaterThanOrEqual(21_600_000 * 0.9)
    expect(next).toBeLessThanOrEqual(21_600_000)

    const requests = await control.requests()
    expect(callsOf(requests)).toEqual(['activate'])
    expect(Object.keys(bodyOf(requests[0])).toSorted()).toEqual(['instance_id', 'kids', 'license_key', 'nonce', 'version'])
    expect(bodyOf(requests[0])).toMatchObject({ license_key: key, instance_id: before.instanceId })
    expect(requests[0]?.headers.authorization).toBeUndefined()
  })

  it('checks in when asked, sends what the contract lists, and shows it literally but for key and secret', async () => {
    const { control } = stand.licenseServer
    await giveBack()
    await stand.admin.save('nc_demo_standard')
    await control.clearRequests()
    const { status, body } = await stand.admin.checkIn()
    expect(status).toBe(200)
    expect(body.state).toBe('active')
    const requests = await control.requests()
    expect(callsOf(requests)).toEqual(['check-in'])
    const [request] = requests
    expect(Object.keys(bodyOf(request)).toSorted()).toEqual(['kids', 'lease', 'nonce', 'seats_used', 'version'])
    const secret = String(request?.headers.authorization).replace(/^Bearer /, '')
    expect(secret.length).toBeGreaterThanOrEqual(16)

    const { body: { last }, text } = await stand.admin.request<{ last: OutboundRequest }>('GET', '/api/license/outbound')
    expect(last.url).toBe(`${stand.licenseServer.url}/api/v1/licenses/check-in`)
    expect(Object.keys(last.body ?? {}).toSorted()).toEqual(['kids', 'lease', 'nonce', 'seats_used', 'version'])
    expect(last.body?.nonce).toBe(bodyOf(request).nonce)
    expect(text).not.toContain(secret)
    expect(text).not.toContain(bodyOf(request).lease)
  })

  it('is the same after a restart, which prints the same Instance ID on exactly one line, in both log formats', async () => {
    const options = { licenseServerUrl: stand.licenseServer.url }
    const product = await startOwnProduct(options)
    const client = await signInSoon(product)
    const { body: view } = await client.save('nc_demo_standard')
    for (const NC_LOG_FORMAT of ['json', 'pretty']) {
      const again = await restart(product, { ...options, env: { NC_LOG_FORMAT } })
      expect(lasting(await client.license())).toEqual(lasting(view))
      expect(instanceIdLines(again)).toHaveLength(1)
      expect(instanceIdLines(again)[0]).toContain(`Instance ID: ${view.instanceId}`)
      await again.stop()
    }
    expect(instanceIdLines(product)).toEqual([expect.stringContaining(`Instance ID: ${view.instanceId}`)])
  })

  it('F60 is there after kill -9 right after the answer to save', async () => {
    const options = { licenseServerUrl: stand.licenseServer.url }
    const product = await startOwnProduct(options)
    const { body: view } = await (await signInSoon(product)).save('nc_demo_standard')
    await product.kill()
    const again = await startOwnProduct({ ...options, dataDir: product.dataDir })
    expect(lasting(await (await signIn(again.url)).license())).toEqual(lasting(view))
  })

  it('stays entitled while the license server is away, restart included, and says what fails', async () => {
    const licenseServer = await startOwnLicenseServer()
    const options = { licenseServerUrl: licenseServer.url }
    const product = await startOwnProduct(options)
    const client = await signInSoon(product)
    await client.save('nc_demo_standard')
    // Until a check-in has succeeded, one that fails is tried again after two seconds.
    const { body: saved } = await client.checkIn()
    await licenseServer.stop()

    expectError(await client.checkIn(), 'NET_CONNECT')
    const failing = await client.license()
    expect(lasting(failing)).toEqual(lasting(saved))
    expect(failing.finding).toMatchObject({ code: 'NET_CONNECT', cause: 'refused', at: failing.checkIn?.lastAttemptAt })
    expect(failing.checkIn).toMatchObject({ consecutiveFailures: 1, lastError: { code: 'NET_CONNECT', reference: 'NCL-202' } })
    expect(failing.warnings).toContainEqual(expect.objectContaining({ code: 'CHECK_IN_FAILING', failures: 1 }))

    await restart(product, options)
    expect(lasting(await client.license())).toEqual(lasting(saved))

    await startOwnLicenseServer(licenseServer.port)
    const recovered = await until('the check-in after the failure', async () => {
      const { status, body } = await client.checkIn()
      return status === 200 && body
    })
    expect(recovered.checkIn).toMatchObject({ consecutiveFailures: 0, lastError: null })
    expect(recovered.warnings.map(({ code }) => code)).not.toContain('CHECK_IN_FAILING')
    const { body: { days } } = await client.request<{ days: { good: number, failed: number }[] }>('GET', '/api/license/check-ins?days=2')
    expect(days.reduce((sum, { failed }) => sum + failed, 0)).toBeGreaterThanOrEqual(1)
    expect(days.reduce((sum, { good }) => sum + good, 0)).toBeGreaterThanOrEqual(1)
  })

  it('removing it frees the seat at the license server', async () => {
    const { control } = stand.licenseServer
    const { key } = await control.createLicense({ method: 'standard' })
    const { body: { revision, instanceId } } = await stand.admin.save(key)
    expect((await control.getLicense(key)).boundTo).toEqual([instanceId])
    const { status, body } = await stand.admin.request<LicenseView>('DELETE', '/api/license', { revision })
    expect(status).toBe(200)
    expect(body).toMatchObject({ state: 'unlicensed', entitled: false, method: null, maskedKey: null, checkIn: null, instanceId })
    expect(body.revision).toBeGreaterThan(revision)
    await until('the seat is free', async () => (await control.getLicense(key)).boundTo.length === 0)
    const request = (await control.requests()).findLast(({ path }) => path.endsWith('/deactivate'))
    expect(Object.keys(bodyOf(request)).toSorted()).toEqual(['lease', 'nonce'])
    expect(request?.headers.authorization).toMatch(/^Bearer \S{16,}$/)
    expectError(await stand.admin.remove(), 'NO_LICENSE')
    expectError(await stand.admin.checkIn(), 'NO_LICENSE')
  })
})
