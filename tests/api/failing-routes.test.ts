import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ErrorCode } from '../../shared/errors.ts'
import type { LicenseView } from '../../shared/contracts.ts'
import type { LicenseServerProcess } from '../support/vendor/vendor-process.ts'
import { startLicenseServer } from '../support/vendor/vendor-process.ts'
import { createApiClient } from '../support/api-client.ts'
import { freePort } from '../support/free-port.ts'
import { SERVICE_TOKEN, startProduct } from '../support/product-process.ts'
import type { CertificateKind } from '../support/network/certificates.ts'
import { startOldTlsFront, startProxy, startTlsFront } from '../support/network/routes.ts'
import { expectFailedCheckIn, expectFailedSave } from '../support/kept-installation.ts'
import { signInSoon, startOwnProduct } from '../support/stand.ts'

/* An installation that was activated on a good way to the license server, and finds another one after a restart. */

let licenseServer: LicenseServerProcess
let dataDir: string
let activated: LicenseView

beforeAll(async () => {
  licenseServer = await startLicenseServer()
  const product = await startProduct({ licenseServerUrl: licenseServer.url })
  dataDir = product.dataDir
  const { body } = await (await signInSoon(product)).save('nc_demo_standard')
  activated = body
  await product.stop()
  await licenseServer.control.clearRequests()
})
afterAll(async () => {
  await licenseServer.stop()
  await rm(dataDir, { recursive: true, force: true })
})

interface Route { licenseServerUrl: string, env?: Record<string, string> }

const certified = (kind: CertificateKind) => async (): Promise<Route> => {
  const { url, caFile } = await startTlsFront(licenseServer.url, kind)
  return { licenseServerUrl: url, env: { NODE_EXTRA_CA_CERTS: caFile } }
}
const behind = (scheme: 'http' | 'https', proxyUrl: () => Promise<string>) => async (): Promise<Route> => {
  const proxy = await proxyUrl()
  const { url, caFile } = await startTlsFront(licenseServer.url)
  return { licenseServerUrl: scheme === 'https' ? url : licenseServer.url, env: { HTTP_PROXY: proxy, HTTPS_PROXY: proxy, NODE_EXTRA_CA_CERTS: caFile } }
}
const refusing = async () => (await startProxy(407)).url
const unreachable = async () => `http://127.0.0.1:${await freePort()}`

const ROUTES: [string, ErrorCode, () => Promise<Route>][] = [
  ['F30: a name that does not exist', 'NET_DNS', async () => ({ licenseServerUrl: 'https://license-server.invalid' })],
  ['F30: a name whose address nobody listens at', 'NET_CONNECT', async () => ({ licenseServerUrl: `http://localhost:${await freePort()}` })],
  ['F32: an expired certificate', 'NET_TLS', certified('expired')],
  ['F32: a certificate for another name', 'NET_TLS', certified('wrong-name')],
  ['F32: a self-signed certificate', 'NET_TLS', certified('self-signed')],
  ['F32: a proxy that intercepts', 'NET_TLS', certified('intercepted')],
  ['F32: nothing newer than TLS 1.0', 'NET_TLS', async () => {
    const { url, caFile } = await startOldTlsFront(licenseServer.url)
    return { licenseServerUrl: url, env: { NODE_EXTRA_CA_CERTS: caFile } }
  }],
  ['F33: a proxy that wants a password (407) for an http address', 'NET_PROXY', behind('http', refusing)],
  ['F33: a proxy that wants a password (407) for an https address', 'NET_PROXY', behind('https', refusing)],
  ['F33: a proxy that cannot be reached for an http address', 'NET_PROXY', behind('http', unreachable)],
  ['F33: a proxy that cannot be reached for an https address', 'NET_PROXY', behind('https', unreachable)],
]

/** Starts the activated installation, on a copy of its database. */
async function startActivated(route: Route) {
  const copy = await mkdtemp(join(tmpdir(), 'nc-license-'))
  await cp(dataDir, copy, { recursive: true })
  return startOwnProduct({ ...route, dataDir: copy })
}

describe('a way to the license server that has broken', () => {
  it.each(ROUTES)('%s costs a check-in and nothing else', async (_what, code, makeRoute) => {
    const product = await startActivated(await makeRoute())
    const client = await signInSoon(product)
    const expected = { state: 'active', entitled: true, licenseId: activated.licenseId, checkIn: { lastSuccessAt: activated.checkIn?.lastSuccessAt } }
    expect(activated.checkIn?.lastSuccessAt).toMatch(/Z$/)
    expect(await client.license()).toMatchObject({ ...expected, checkIn: { ...expected.checkIn, consecutiveFailures: 0 } })
    await expectFailedSave(client, code)
    // At a start the next try follows within seconds, and counts as well.
    expect(await expectFailedCheckIn(client, code)).toBeGreaterThanOrEqual(1)
    expect(await client.license()).toMatchObject(expected)
    const { status } = await createApiClient(product.url).request('GET', '/api/features/sso', undefined, { authorization: `Bearer ${SERVICE_TOKEN}` })
    expect(status).toBe(204)
    expect(await licenseServer.control.requests()).toEqual([])
  })

  it('F30, F32, F33: one that is good again takes the check-in, so that it was the way that failed', async () => {
    const client = await signInSoon(await startActivated(await certified('trusted')()))
    const { status, body } = await client.checkIn()
    expect(status).toBe(200)
    expect(body).toMatchObject({ state: 'active', licenseId: activated.licenseId, checkIn: { consecutiveFailures: 0 } })
    expect((await licenseServer.control.requests()).map(({ path }) => path)).toEqual(['/api/v1/licenses/check-in'])
  })
})
