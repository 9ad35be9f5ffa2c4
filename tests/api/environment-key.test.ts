import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EventView } from '../../shared/contracts.ts'
import type { LicenseServerProcess } from '../support/vendor/vendor-process.ts'
import { startLicenseServer } from '../support/vendor/vendor-process.ts'
import { freePort } from '../support/free-port.ts'
import { expectError } from '../support/expect-error.ts'
import { restart, signInSoon, sleep, startOwnLicenseServer, startOwnProduct, until } from '../support/stand.ts'

let licenseServer: LicenseServerProcess
beforeAll(async () => {
  licenseServer = await startLicenseServer()
})
afterAll(() => licenseServer.stop())

const withKey = (NC_LICENSE_KEY: string | undefined, url = licenseServer.url) => ({ licenseServerUrl: url, env: { NC_LICENSE_KEY } })
const activateRequests = async () => (await licenseServer.control.requests()).filter(({ path }) => path.endsWith('/activate'))
const activations = async () => (await activateRequests()).length
const activationsOf = async (key: string) => (await activateRequests()).filter(({ body }) => Object(body).license_key === key).length
/** Long enough for an activation at a start, which comes at once, to have been recorded. */
const settle = () => sleep(500)

describe('NC_LICENSE_KEY', () => {
  it('is applied at start, once, and makes the screen read-only for the credential', async () => {
    await licenseServer.control.clearRequests()
    const product = await startOwnProduct(withKey('nc_demo_standard'))
    const client = await signInSoon(product)
    const view = await client.waitFor(({ state }) => state === 'active')
    expect(view).toMatchObject({ managedByEnv: true, method: 'standard', entitled: true })
    expect(view.warnings.map(({ code }) => code)).not.toContain('ENV_DIFFERS')

    expectError(await client.save('nc_ag_demo_airgapped'), 'MANAGED_BY_ENV')
    expectError(await client.remove(), 'MANAGED_BY_ENV')
    expect((await client.checkIn()).status).toBe(200)
    const { body: { events } } = await client.request<{ events: EventView[] }>('GET', '/api/license/events')
    expect(events).toContainEqual(expect.objectContaining({ kind: 'activated', actor: 'environment' }))

    const again = await restart(product, withKey('nc_demo_standard'))
    await settle()
    expect(await activations()).toBe(1)

    const changed = await restart(again, withKey('nc_ag_demo_airgapped'))
    expect((await client.waitFor(({ method }) => method === 'airgapped')).state).toBe('active')
    expect(await activations()).toBe(2)

    await restart(changed, withKey(undefined))
    expect(await client.license()).toMatchObject({ state: 'active', method: 'airgapped', managedByEnv: false })
    expect((await client.save('nc_demo_standard')).body.method).toBe('standard')
  })

  it('may be an offline token, and is applied without a call', async () => {
    await licenseServer.control.clearRequests()
    const product = await startOwnProduct(withKey(undefined))
    const client = await signInSoon(product)
    const { instanceId } = await client.license()
    const token = await licenseServer.control.issueToken({ instance_id: instanceId })
    await restart(product, withKey(token))
    expect(await client.waitFor(({ state }) => state === 'active')).toMatchObject({ method: 'offline', managedByEnv: true })
    expect(await licenseServer.control.requests()).toEqual([])
  })

  it('that is wrong is a warning, the license that is there goes on, and nobody is asked again', async () => {
    const wrong = [['nc_unknown_key_0001', 'KEY_UNKNOWN', 'NCL-102'], ['nc_demo_revoked', 'LICENSE_REVOKED', 'NCL-104'], ['not a key', 'CREDENTIAL_MALFORMED', 'NCL-101']] as const
    const installations = await Promise.all(wrong.map(async () => {
      const product = await startOwnProduct(withKey('nc_demo_standard'))
      const client = await signInSoon(product)
      await client.waitFor(({ state }) => state === 'active')
      return { product, client }
    }))
    await licenseServer.control.clearRequests()
    await Promise.all(installations.map(async ({ product, client }, nth) => {
      const [key = '', code, reference] = wrong[nth] ?? []
      const again = await restart(product, withKey(key))
      const view = await client.waitFor(({ warnings }) => warnings.some(warning => warning.code === 'ENV_DIFFERS'))
      expect(view, key).toMatchObject({ state: 'active', entitled: true, managedByEnv: true })
      expect(view.warnings).toContainEqual({ code: 'ENV_DIFFERS', error: code, reference })
      // Longer than the first wait between tries.
      await sleep(3000)
      expect(await activationsOf(key), key).toBe(key.startsWith('nc_') ? 1 : 0)
      expect(again.output()).toContain(code)
      expect(again.output()).not.toContain(key)
    }))
  })

  it('is tried again while the license server cannot be reached', async () => {
    const port = await freePort()
    const product = await startOwnProduct(withKey('nc_demo_standard', `http://127.0.0.1:${port}`))
    const client = await signInSoon(product)
    const waiting = await client.waitFor(({ warnings }) => warnings.some(({ code }) => code === 'ENV_DIFFERS'))
    expect(waiting).toMatchObject({ state: 'unlicensed', managedByEnv: true })
    expect(waiting.warnings).toContainEqual({ code: 'ENV_DIFFERS', error: 'NET_CONNECT', reference: 'NCL-202' })
    await startOwnLicenseServer(port)
    // The fifth try comes up to 82 s after the start.
    const applied = await client.waitFor(({ warnings }) => warnings.every(({ code }) => code !== 'ENV_DIFFERS'), 120_000)
    expect(applied).toMatchObject({ state: 'active', managedByEnv: true })
  })

  it('is not applied again after a restart, though the vendor revoked it', async () => {
    const { key } = await licenseServer.control.createLicense({ method: 'standard' })
    const product = await startOwnProduct(withKey(key))
    const client = await signInSoon(product)
    await client.waitFor(({ state }) => state === 'active')
    await licenseServer.control.changeLicense(key, { status: 'revoked' })
    expect((await client.checkIn()).body.state).toBe('revoked')
    await restart(product, withKey(key))
    await until('the state after the restart', async () => (await client.license()).state === 'revoked')
  })
})
