import { once } from 'node:events'
import { createServer } from 'node:http'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Diagnostics, LicenseView } from '../../shared/contracts.ts'
import type { ErrorCode } from '../../shared/errors.ts'
import { ERRORS } from '../../shared/errors.ts'
import type { Finding, FindingCause } from '../../shared/findings.ts'
import { peakMiB, residentMiB } from '../support/process-figures.ts'
import type { Fault } from '../support/vendor/fault-types.ts'
import { freePort } from '../support/free-port.ts'
import type { Answer, ApiClient } from '../support/api-client.ts'
import { expectError } from '../support/expect-error.ts'
import { expectFailedCheckIn, expectFailedSave } from '../support/kept-installation.ts'
import { addAdmin, signInSoon, startOwnProduct, useStand } from '../support/stand.ts'

const stand = useStand()
let people = 0

beforeAll(async () => {
  await stand.admin.save('nc_demo_standard')
  await endFailures(stand.admin)
})

/** Checks in with success: a failed check-in is tried again within seconds or minutes, and would meet the next fault. */
async function endFailures(client: ApiClient): Promise<void> {
  expect((await client.checkIn()).status).toBe(200)
}

const newAdmin = () => addAdmin(stand.admin, stand.product, `person${++people}@example.com`)

interface Found { code: ErrorCode, cause: FindingCause, facts?: object }

/** A client like this one, and what it was last told to have been found. */
function attentive(client: ApiClient): { client: ApiClient, found: () => Finding | undefined } {
  let last: Answer | undefined
  const hear = async (calling: Promise<Answer<LicenseView>>) => {
    const answer = await calling
    last = answer
    return answer
  }
  const listening = { ...client, save: (credential: string) => hear(client.save(credential)), checkIn: () => hear(client.checkIn()) }
  return { client: listening, found: () => last?.error?.finding }
}

/** Injects the fault into a save and into a check-in; both have to say what was found, and to leave the license alone. */
async function expectFailure(admin: ApiClient, fault: Fault, { code, cause, facts = {} }: Found): Promise<void> {
  const { control } = stand.licenseServer
  const { client, found } = attentive(admin)
  const expected = { code, reference: ERRORS[code].reference, cause, stage: 'http', facts: expect.objectContaining({ host: '127.0.0.1', ...facts }) }
  await control.addFault({ call: 'activate', times: 1, fault })
  await expectFailedSave(client, code)
  expect(found()).toMatchObject(expected)
  await control.addFault({ call: 'checkIn', times: 1, fault })
  expect(await expectFailedCheckIn(client, code)).toBe(1)
  expect(found()).toMatchObject(expected)
  expect((await client.license()).finding).toMatchObject(expected)
  expect(await control.faults()).toEqual([])
  await endFailures(client)
}

const json = { 'content-type': 'application/json' }
const bytes = expect.any(Number)
const portal = (facts: object): Found => ({ code: 'NET_CAPTIVE_PORTAL', cause: 'web_page', facts })
const broken = (facts: object): Found => ({ code: 'NET_CONNECT', cause: 'reset_while_receiving', facts })
const invalid = (cause: FindingCause, facts: object = {}): Found => ({ code: 'SERVER_RESPONSE_INVALID', cause, facts })
const unreadable = invalid('unreadable_answer')

const FAULTS: [string, Fault, Found][] = [
  ['F31 a reset connection', { type: 'reset' }, broken({ errno: expect.stringMatching(/^[A-Z_]+$/) })],
  ['F31 a connection reset after the headers', { type: 'reset', stage: 'headers' }, broken({ bytes: 0, promised: bytes })],
  ['F31 a connection reset amid the body', { type: 'reset', stage: 'body' }, broken({ bytes, promised: bytes })],
  ['F35 the page of a captive portal', { type: 'html' }, portal({ status: 200, title: 'Welcome to Airport Wi-Fi' })],
  ['F35 a 511 of a captive portal', { type: 'status', status: 511 }, portal({ status: 511 })],
  ['F36 a 500', { type: 'status', status: 500, body: 'Injected by a defect' }, { code: 'SERVER_ERROR', cause: 'server_error_foreign', facts: { status: 500 } }],
  ['F36 a 500 of the license server', { type: 'status', status: 500, headers: json, body: '{"error":{"code":"internal","message":"Injected by"}}' }, {
    code: 'SERVER_ERROR', cause: 'server_error', facts: { status: 500 },
  }],
  ['F36 a 503 with an absurd Retry-After', { type: 'status', status: 503, headers: { 'retry-after': '99999999999999999999' } }, {
    code: 'SERVER_ERROR', cause: 'gateway', facts: { status: 503 },
  }],
  ['F36 a 404 without a known reason', { type: 'status', status: 404, headers: json, body: '{"error":{"code":"nope","message":"Injected by"}}' }, {
    code: 'SERVER_NOT_A_LICENSE_SERVER', cause: 'not_a_license_server',
    facts: { status: 404, url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/api\/v1\/licenses\//) },
  }],
  ['F36 a 429', { type: 'status', status: 429, headers: { 'retry-after': '-5' } }, {
    code: 'SERVER_RATE_LIMITED', cause: 'rate_limited', facts: { status: 429 },
  }],
  ['F36 the refusal rate_limited', { type: 'unsignedRefusal', code: 'rate_limited' }, {
    code: 'SERVER_RATE_LIMITED', cause: 'rate_limited', facts: { retryAt: expect.stringMatching(/Z$/) },
  }],
  ['F36 the refusal bad_request', { type: 'unsignedRefusal', code: 'bad_request' }, {
    code: 'SERVER_REFUSED', cause: 'refused_bad_request', facts: { refusal: 'bad_request' },
  }],
  ['F35 an empty body', { type: 'empty' }, unreadable],
  ['F35 another content type', { type: 'contentType', value: 'text/plain' }, invalid('unreadable_answer', { contentType: 'text/plain' })],
  ['F37 cut JSON', { type: 'badJson' }, invalid('cut_answer', { bytes })],
  ['F37 another schema', { type: 'badSchema' }, unreadable],
  ['F37 JSON of 20,000 levels', { type: 'deepJson' }, unreadable],
  ['F37 a valid body over 64 KiB', { type: 'oversized' }, unreadable],
  ['F37 an endless body', { type: 'endless' }, unreadable],
  ['F37 a gzip bomb', { type: 'gzipBomb' }, unreadable],
  ['F38 a stale nonce', { type: 'staleNonce' }, invalid('answer_stale', { member: 'nonce' })],
  ['F38 a lease for another installation', { type: 'wrongInstance' }, invalid('answer_not_ours', { member: 'instance_id' })],
  ['F18 an offline token in place of a lease', { type: 'wrongKind' }, unreadable],
  ['F17 a lease without features', { type: 'lease', claims: {}, omit: ['features'] }, invalid('unreadable_answer', { member: 'features' })],
]

describe('what comes back from the license server', () => {
  it.each(FAULTS)('%s changes nothing', async (_what, fault, found) => {
    await expectFailure(await newAdmin(), fault, found)
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
      const location = `http://127.0.0.1:${Object(target.address()).port}/sign-in`
      await expectFailure(await newAdmin(), { type: 'redirect', status, location: `${location}?token=canary` }, {
        code: 'NET_CAPTIVE_PORTAL', cause: 'redirect', facts: { status, target: location },
      })
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
    await endFailures(client)
  })
})

describe('no way to the license server', () => {
  it.each([
    [
      'F30 a name that does not exist', 'NET_DNS', 'dns', 'dns_no_such_name', { setting: 'NC_LICENSE_SERVER_URL' },
      async (): Promise<string> => 'https://license-server.invalid',
    ],
    [
      'F31 a port that nobody listens on', 'NET_CONNECT', 'tcp', 'refused', { host: '127.0.0.1' },
      async (): Promise<string> => `http://127.0.0.1:${await freePort()}`,
    ],
  ] as const)('%s is %s, and diagnostics stop at %s', async (_what, code, stage, cause, facts, address) => {
    const client = await signInSoon(await startOwnProduct({ licenseServerUrl: await address() }))
    const answer = await client.save('nc_demo_standard')
    expectError(answer, code)
    const finding = { code, reference: ERRORS[code].reference, cause, stage, facts }
    expect(answer.error?.finding).toMatchObject(finding)
    expect((await client.license()).state).toBe('unlicensed')
    const { body } = await client.request<Diagnostics>('POST', '/api/license/diagnostics', {})
    expect(body).toMatchObject({ ok: false, verdict: 'problem' })
    const failed = body.stages.find(({ result }) => result === 'failed')
    expect(failed).toMatchObject({ stage, code, remedy: expect.stringMatching(/\w/), finding })
    expect((await client.request<{ last: Diagnostics }>('GET', '/api/license/diagnostics')).body.last).toEqual(body)
  })
})
