import { once } from 'node:events'
import { createServer } from 'node:http'
import { beforeAll, describe, expect, it } from 'vitest'
import type { ErrorCode } from '../../shared/errors.ts'
import { peakMiB, residentMiB } from '../support/process-figures.ts'
import type { Fault } from '../support/vendor/fault-types.ts'
import { freePort } from '../support/product-process.ts'
import type { ApiClient } from '../support/api-client.ts'
import { expectError } from '../support/expect-error.ts'
import { expectFailedCheckIn, expectFailedSave } from '../support/kept-installation.ts'
import { addAdmin, signInSoon, startOwnProduct, useStand } from '../support/stand.ts'

const stand = useStand()
let people = 0

beforeAll(async () => {
  await stand.admin.save('nc_demo_standard')
  // Until a first success a failed check-in is tried again within seconds, and would meet the next fault.
  expect((await stand.admin.checkIn()).status).toBe(200)
})

const newAdmin = () => addAdmin(stand.admin, stand.product, `person${++people}@example.com`)

/** Injects the fault into a save and into a check-in; both have to answer the code and to leave the license alone. */
async function expectFailure(client: ApiClient, fault: Fault, code: ErrorCode): Promise<void> {
  const { control } = stand.licenseServer
  await control.addFault({ call: 'activate', times: 1, fault })
  await expectFailedSave(client, code)
  await control.addFault({ call: 'checkIn', times: 1, fault })
  expect(await expectFailedCheckIn(client, code)).toBe(1)
  expect(await control.faults()).toEqual([])
}

const json = { 'content-type': 'application/json' }
const FAULTS: [string, Fault, ErrorCode][] = [
  ['F31 a reset connection', { type: 'reset' }, 'NET_CONNECT'],
  ['F31 a connection reset after the headers', { type: 'reset', stage: 'headers' }, 'NET_CONNECT'],
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

  it('F37 unknown members are ignored', async () => {
    await stand.licenseServer.control.addFault({ call: 'activate', times: 1, fault: { type: 'extraFields' } })
    expect((await (await newAdmin()).save('nc_demo_standard')).status).toBe(200)
  })

  it('F37 memory stays flat under endless bodies and decompression bombs', async () => {
    const { control, url } = stand.licenseServer
    // One that has never seen such a body: what a first one takes would be there for the next.
    const product = await startOwnProduct({ licenseServerUrl: url })
    const client = await signInSoon(product)
    const { pid } = product.process
    if (pid === undefined) throw new Error('the product has no process id')
    const saves = async (types: readonly ('badSchema' | 'endless' | 'gzipBomb')[]) => {
      for (const type of types) {
        await control.addFault({ call: 'activate', times: 1, fault: { type } })
        expectError(await client.save('nc_demo_standard'), 'SERVER_RESPONSE_INVALID')
      }
    }
    await saves(['badSchema', 'badSchema', 'badSchema', 'badSchema'])
    const before = { resident: residentMiB(pid), peak: peakMiB(pid) }
    await saves(['endless', 'gzipBomb', 'endless', 'gzipBomb', 'endless', 'gzipBomb'])
    expect(residentMiB(pid) / before.resident).toBeLessThan(1.3)
    expect(peakMiB(pid) / before.peak).toBeLessThan(1.3)
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

const HOUR = 3_600_000

describe('F36 the wait after a failed check-in', () => {
  it.each([
    ['of 31 years is six hours', '999999999', 6 * HOUR, 6 * HOUR],
    ['until the end of the year 9999 is six hours', 'Fri, 31 Dec 9999 23:59:59 GMT', 6 * HOUR, 6 * HOUR],
    ['until 1970 is our own', 'Thu, 01 Jan 1970 00:00:00 GMT', 1, HOUR], ['of less than nothing is our own', '-5', 1, HOUR],
    ['of 20 digits is our own', '99999999999999999999', 1, HOUR],
  ])('with a Retry-After %s', async (_what, retryAfter, least, most) => {
    const client = await newAdmin()
    for (const [status, code] of [[429, 'SERVER_RATE_LIMITED'], [503, 'SERVER_ERROR']] as const) {
      await stand.licenseServer.control.addFault({ call: 'checkIn', times: 1, fault: { type: 'status', status, headers: { 'retry-after': retryAfter } } })
      await expectFailedCheckIn(client, code)
      const { checkIn } = await client.license()
      const wait = Date.parse(checkIn?.nextAt ?? '') - Date.parse(checkIn?.lastAttemptAt ?? '')
      expect(wait).toBeGreaterThanOrEqual(least)
      expect(wait).toBeLessThanOrEqual(most + 1000)
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
