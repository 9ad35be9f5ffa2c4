import { once } from 'node:events'
import { createServer } from 'node:http'
import { beforeAll, describe, expect, it } from 'vitest'
import type { ErrorCode } from '../../shared/errors.ts'
import type { LicenseView } from '../../shared/license.ts'
import type { Fault } from '../license-server/fault-types.ts'
import { startLicenseServer } from '../license-server/process.ts'
import { freePort, startProduct } from '../product/process.ts'
import type { ApiClient } from '../product/api-client.ts'
import { expectError } from './expect-error.ts'
import { addAdmin, signInSoon, startOwnProduct, useStand } from './stand.ts'

const stand = useStand()
let people = 0

beforeAll(async () => {
  await stand.admin.save('nc_demo_standard')
})

const newAdmin = () => addAdmin(stand.admin, stand.product, `person${++people}@example.com`)

/** The license, but for what a failed check-in may change. */
function kept({ checkIn: _checkIn, warnings: _warnings, serverTime: _serverTime, ...view }: LicenseView) {
  return { ...view, lastSuccessAt: _checkIn?.lastSuccessAt }
}

/** Injects the fault into a save and into a check-in; both have to answer the code and to leave the license alone. */
async function expectFailure(client: ApiClient, fault: Fault, code: ErrorCode): Promise<void> {
  const { control } = stand.licenseServer
  const before = await client.license()
  await control.addFault({ call: 'activate', times: 1, fault })
  expectError(await client.save('nc_ag_demo_airgapped'), code)
  const unchanged = await client.license()
  expect(unchanged).toEqual({ ...before, serverTime: unchanged.serverTime })

  await control.addFault({ call: 'checkIn', times: 1, fault })
  expectError(await client.checkIn(), code)
  const after = await client.license()
  expect(kept(after)).toEqual(kept(before))
  expect(after.checkIn?.lastError?.code).toBe(code)
  expect(after.checkIn?.consecutiveFailures).toBe((before.checkIn?.consecutiveFailures ?? 0) + 1)
  expect(await control.faults()).toEqual([])
}

const json = { 'content-type': 'application/json' }
const FAULTS: [string, Fault, ErrorCode][] = [
  ['F31 a reset connection', { type: 'reset' }, 'NET_CONNECT'],
  ['F31 a connection reset amid the body', { type: 'reset', stage: 'body' }, 'NET_CONNECT'],
  ['F35 the page of a captive portal', { type: 'html' }, 'NET_CAPTIVE_PORTAL'],
  ['F35 a 511 of a captive portal', { type: 'status', status: 511 }, 'NET_CAPTIVE_PORTAL'],
  ['F36 a 500', { type: 'status', status: 500, body: 'Injected by a defect' }, 'SERVER_ERROR'],
  ['F36 a 503 with an absurd Retry-After', { type: 'status', status: 503, headers: { 'retry-after': '99999999999999999999' } }, 'SERVER_ERROR'],
  ['F36 a 404 without a known reason', { type: 'status', status: 404, headers: json, body: '{"error":{"code":"nope","message":"Injected by"}}' }, 'SERVER_ERROR'],
  ['F36 a 429', { type: 'status', status: 429, headers: { 'retry-after': '-5' } }, 'SERVER_RATE_LIMITED'],
  ['F36 the refusal rate_limited', { type: 'unsignedRefusal', code: 'rate_limited' }, 'SERVER_RATE_LIMITED'],
  ['F36 the refusal bad_request', { type: 'unsignedRefusal', code: 'bad_request' }, 'SERVER_ERROR'],
  ['F35 an empty body', { type: 'empty' }, 'SERVER_RESPONSE_INVALID'],
  ['F35 another content type', { type: 'contentType', value: 'text/plain' }, 'SERVER_RESPONSE_INVALID'],
  ['F37 cut JSON', { type: 'badJson' }, 'SERVER_RESPONSE_INVALID'],
  ['F37 another schema', { type: 'badSchema' }, 'SERVER_RESPONSE_INVALID'],
  ['F37 JSON of 20,000 levels', { type: 'deepJson' }, 'SERVER_RESPONSE_INVALID'],
  ['F37 a valid body over 64 KiB', { type: 'oversized' }, 'SERVER_RESPONSE_INVALID'],
  ['F37 an endless body', { type: 'endless' }, 'SERVER_RESPONSE_INVALID'],
  ['F37 a gzip bomb', { type: 'gzipBomb' }, 'SERVER_RESPONSE_INVALID'],
  ['F38 a stale nonce', { type: 'staleNonce' }, 'SERVER_RESPONSE_INVALID'],
  ['F38 a lease for another installation', { type: 'wrongInstance' }, 'SERVER_RESPONSE_INVALID'],
  ['F18 an offline token in place of a lease', { type: 'wrongKind' }, 'SERVER_RESPONSE_INVALID'],
  ['F17 a lease without features', { type: 'lease', claims: {}, omit: ['features'] }, 'SERVER_RESPONSE_INVALID'],
]

describe('what comes back from the license server', () => {
  it.each(FAULTS)('%s changes nothing', async (_what, fault, code) => {
    await expectFailure(await newAdmin(), fault, code)
  })

  it('F37 members that nobody knows are ignored', async () => {
    await stand.licenseServer.control.addFault({ call: 'activate', times: 1, fault: { type: 'extraFields' } })
    expect((await (await newAdmin()).save('nc_demo_standard')).status).toBe(200)
  })

  it('F37 memory stays flat under bodies without end', async () => {
    const client = await newAdmin()
    await stand.licenseServer.control.addFault({ call: 'activate', times: 5, fault: { type: 'endless' } })
    for (let nth = 0; nth < 5; nth++) expectError(await client.save('nc_demo_standard'), 'SERVER_RESPONSE_INVALID')
    const { text } = await client.request('GET', '/api/health/live')
    expect(text).toContain('ok')
  })

  it.each([301, 302, 303, 307, 308])('F34 a redirect (%d) is not followed, and nothing is sent on', async (status) => {
    const reached: string[] = []
    const target = createServer((request, response) => {
      reached.push(`${request.method} ${request.headers.authorization}`)
      response.end('{}')
    }).listen(0, '127.0.0.1')
    await once(target, 'listening')
    try {
      const location = `http://127.0.0.1:${Object(target.address()).port}/`
      await expectFailure(await newAdmin(), { type: 'redirect', status, location }, 'NET_CAPTIVE_PORTAL')
      expect(reached).toEqual([])
    }
    finally {
      target.close()
    }
  })
})

describe.concurrent('F31 a license server that does not finish', () => {
  it('is given up: no answer, no body, one byte at a time', async ({ expect }) => {
    const { control } = stand.licenseServer
    const clients = [await newAdmin(), await newAdmin(), await newAdmin()]
    const before = await stand.admin.license()
    for (const fault of [{ type: 'hang' }, { type: 'hangBody' }, { type: 'drip', everyMs: 1000 }] as const) await control.addFault({ call: 'activate', times: 1, fault })
    const answers = await Promise.all(clients.map(client => client.save('nc_ag_demo_airgapped')))
    for (const answer of answers) expectError(answer, 'NET_TIMEOUT')
    const after = await stand.admin.license()
    expect(after).toEqual({ ...before, serverTime: after.serverTime })
  })

  it('is told apart from a name that is not found', async () => {
    const licenseServer = await startLicenseServer()
    const product = await startProduct({ licenseServerUrl: `http://localhost:${licenseServer.port}` })
    try {
      const client = await signInSoon(product)
      await licenseServer.control.addFault({ call: 'activate', times: 1, fault: { type: 'hang' } })
      expectError(await client.save('nc_ag_demo_airgapped'), 'NET_TIMEOUT')
    }
    finally {
      await product.dispose()
      await licenseServer.stop()
    }
  })
})

describe('no way to the license server', () => {
  it.each([
    ['F30 a name that does not exist', 'NET_DNS', 'dns', async (): Promise<string> => 'https://license-server.invalid'],
    ['F31 a port that nobody listens on', 'NET_CONNECT', 'tcp', async (): Promise<string> => `http://127.0.0.1:${await freePort()}`],
  ] as const)('%s is %s, and diagnostics stop at %s', async (_what, code, stage, address) => {
    const client = await signInSoon(await startOwnProduct({ licenseServerUrl: await address() }))
    expectError(await client.save('nc_demo_standard'), code)
    expect((await client.license()).state).toBe('unlicensed')
    const { body } = await client.request<{ ok: boolean, stages: { stage: string, result: string, code: string | null, remedy: string | null }[] }>('POST', '/api/license/diagnostics', {})
    expect(body.ok).toBe(false)
    expect(body.stages.find(({ result }) => result === 'failed')).toMatchObject({ stage, code, remedy: expect.stringMatching(/\w/) })
  })
})
