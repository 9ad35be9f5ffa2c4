import { once } from 'node:events'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { PROTOCOL } from '../../server/license-server/protocol.ts'
import type { CallName } from '../../server/license-server/protocol.ts'
import { CONTROL } from '../support/vendor/control-operations.ts'
import type { ControlOperation } from '../support/vendor/control-operations.ts'
import { createSandboxControl } from '../support/vendor/control-client.ts'
import type { SandboxControl } from '../support/vendor/control-client.ts'
import { waitFor } from '../support/open-waits.ts'
import { createLicenseServer } from './server.ts'

/* The license server over its sockets, as tests in several processes see it. That nothing crosses over is in isolation.test.ts. */

const [ONE, OTHER] = ['a1'.repeat(16), 'b2'.repeat(16)] as const
const NONCE = 'n'.repeat(32)

const server = createLicenseServer()
let url = ''
let control: SandboxControl

beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || !address) throw new Error('the license server has no address')
  url = `http://127.0.0.1:${address.port}`
  control = createSandboxControl(url)
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})
beforeEach(() => control.reset())

const answerSchema = z.object({
  lease: z.string().optional(), verdict: z.string().optional(), secret: z.string().optional(),
  error: z.object({ code: z.string() }).optional(),
})

async function send(call: CallName, body?: object, { secret = '', door = '' } = {}) {
  const { method, path } = PROTOCOL[call]
  const response = await fetch(`${url}${door}${path}`, {
    method, headers: secret ? { authorization: `Bearer ${secret}` } : {}, ...(body ? { body: JSON.stringify(body) } : {}),
  })
  return { status: response.status, date: response.headers.get('date'), ...answerSchema.parse(await response.json().catch(() => ({}))) }
}

const activate = (installation: string, key = 'nc_demo_standard') =>
  send('activate', { license_key: key, instance_id: installation, nonce: NONCE, version: '1', kids: [] })

async function checkInOf(installation: string, key?: string) {
  const { lease = '', secret = '' } = await activate(installation, key)
  return (presented = lease) => send('checkIn', { lease: presented, nonce: NONCE, version: '1', kids: [], seats_used: 3 }, { secret })
}

describe('one installation among others', () => {
  it('has faults of its own', async () => {
    const [one, other] = [await checkInOf(ONE), await checkInOf(OTHER)]
    await control.addFault({ call: 'checkIn', times: 1, fault: { type: 'status', status: 503 }, installation: ONE })
    expect([(await other()).status, (await one()).status, (await one()).status]).toEqual([200, 503, 200])
  })

  it('is known by the key at its activation', async () => {
    const { key } = await control.createLicense({ method: 'standard' })
    await control.addFault({ call: 'activate', fault: { type: 'status', status: 503 }, key })
    expect([(await activate(ONE, key)).status, (await activate(ONE)).status]).toEqual([503, 200])
  })

  it('is known by its secret, if its lease says nothing', async () => {
    const [one, other] = [await checkInOf(ONE), await checkInOf(OTHER)]
    await control.addFault({ call: 'checkIn', fault: { type: 'status', status: 503 }, installation: ONE })
    expect([(await one('no.lease.x')).status, (await other('no.lease.x')).status]).toEqual([503, 400])
  })

  it('is known by the door of its ping, which is recorded as if it had none', async () => {
    await control.setClock(-86_400, { installation: ONE })
    await control.addFault({ call: 'ping', times: 1, fault: { type: 'html' }, installation: ONE })
    const pings = [await send('ping'), await send('ping', undefined, { door: `/for/${OTHER}` })]
    expect(pings.map(({ status }) => status)).toEqual([200, 200])
    expect(await control.faults()).toHaveLength(1)
    const own = await send('ping', undefined, { door: `/for/${ONE}` })
    expect(Date.parse(own.date ?? '')).toBeLessThan(Date.parse(pings[0]?.date ?? '') - 80_000_000)
    expect(await control.faults()).toEqual([])
    expect(await control.requests({ installation: ONE })).toMatchObject([{ path: PROTOCOL.ping.path, url: `/for/${ONE}${PROTOCOL.ping.path}`, call: 'ping' }])
  })

  it('has a named key revoked for itself alone, until it is reset', async () => {
    const [one, other] = [await checkInOf(ONE), await checkInOf(OTHER)]
    await control.changeLicense('nc_demo_standard', { status: 'revoked', installation: ONE })
    expect([await one(), await other()]).toMatchObject([{ verdict: expect.any(String) }, { lease: expect.any(String) }])
    expect(await control.getLicense('nc_demo_standard')).toMatchObject({ status: 'active', boundTo: [ONE, OTHER], activations: 2 })
    expect(await control.getLicense('nc_demo_standard', { installation: ONE })).toMatchObject({ status: 'revoked', boundTo: [ONE], activations: 1 })
    await control.reset({ installation: ONE })
    expect(await one()).toMatchObject({ lease: expect.any(String) })
  })

  it('has what is changed for all, too, whatever it had of its own', async () => {
    await control.changeLicense('nc_demo_standard', { status: 'suspended', plan: 'own', installation: ONE })
    await control.changeLicense('nc_demo_standard', { status: 'active', seats: 3 })
    expect(await control.getLicense('nc_demo_standard', { installation: ONE })).toMatchObject({ status: 'active', plan: 'own', seats: 3 })
    await control.setClock(100, { installation: ONE })
    await control.setClock(7)
    expect((await control.clock({ installation: ONE })).offsetSeconds).toBe(7)
  })

  it('has the latest of several clocks that fit', async () => {
    const { key } = await control.createLicense({ method: 'standard' })
    await control.setClock(5, { installation: ONE })
    await control.setClock(9, { key })
    const offsets = [{ installation: ONE, key }, { installation: ONE }, { installation: OTHER, key }, { installation: OTHER }]
      .map(async scope => (await control.clock(scope)).offsetSeconds)
    expect(await Promise.all(offsets)).toEqual([9, 5, 9, 0])
    await control.setClock(6, { installation: ONE })
    expect((await control.clock({ installation: ONE, key })).offsetSeconds).toBe(6)
  })

  it('cannot be told that a license belongs to somebody: that is said to all', async () => {
    await expect(control.changeLicense('nc_demo_standard', { boundTo: OTHER, installation: ONE })).rejects.toThrow('is said for all installations, not for one')
  })

  it('has its responses released, and no other', async () => {
    const [one, other] = [await checkInOf(ONE), await checkInOf(OTHER)]
    await control.addFault({ call: 'checkIn', fault: { type: 'hold' } })
    const sent: string[] = []
    const both = [one().then(() => sent.push('one')), other().then(() => sent.push('other'))]
    await control.waitForRequests(2, { call: 'checkIn' })
    await control.clearFaults({ installation: OTHER })
    await both[1]
    expect(sent).toEqual(['other'])
    await control.clearFaults()
    await Promise.all(both)
    expect(sent).toEqual(['other', 'one'])
  })

  it('speaks for itself through a control of its own', async () => {
    const mine = control.scopedTo({ installation: ONE })
    const [one, other] = [await checkInOf(ONE), await checkInOf(OTHER)]
    await mine.addFault({ call: 'checkIn', times: 1, fault: { type: 'status', status: 503 } })
    await mine.setClock(-60)
    await mine.changeLicense('nc_demo_standard', { status: 'revoked' })
    expect([(await other()).lease, (await one()).status, (await one()).verdict]).toEqual([expect.any(String), 503, expect.any(String)])
    expect([(await mine.clock()).offsetSeconds, (await control.clock()).offsetSeconds]).toEqual([-60, 0])
    expect([(await mine.requests()).length, (await control.requests()).length]).toEqual([3, 5])
    await mine.reset()
    expect([await mine.requests(), (await mine.clock()).offsetSeconds, (await mine.getLicense('nc_demo_standard')).status]).toEqual([[], 0, 'active'])
    expect((await control.requests()).map(({ installation }) => installation)).toEqual([OTHER, OTHER])
  })
})

describe('requests', () => {
  it('are told by call and number', async () => {
    const one = await checkInOf(ONE)
    await one()
    await one()
    const [first, second] = await control.requests({ call: 'checkIn' })
    expect([first?.call, first?.installation, first?.licenseId]).toEqual(['checkIn', ONE, 'lic_demo_standard'])
    expect(await control.requests({ call: 'checkIn', since: first?.nth })).toEqual([second])
  })

  it('are answered as soon as there are as many as were waited for', async () => {
    const [one, other] = [await checkInOf(ONE), await checkInOf(OTHER)]
    let came = false
    const third = control.waitForRequests(3, { installation: ONE, call: 'checkIn' })
    void third.then(() => { came = true })
    for (const checkIn of [one, other, other, one, other]) await checkIn()
    await control.health()
    expect(came).toBe(false)
    await one()
    expect((await waitFor('the third check-in', third)).map(({ installation }) => installation)).toEqual([ONE, ONE, ONE])
  })

  it('that do not come in time are told as such', async () => {
    await activate(ONE)
    await expect(control.waitForRequests(2, { call: 'activate', within: 20 }))
      .rejects.toThrow('answered 504: {"error":"The requests did not come in time. After 20 ms there were 1 of 2."}')
  })
})

describe('licenses', () => {
  it('are listed, the named ones among them, and deleted', async () => {
    const { key } = await control.createLicense({ method: 'standard', plan: 'team' })
    const checkIn = await checkInOf(ONE, key)
    const keys = (await control.licenses()).map(each => each.key)
    expect(keys).toEqual(expect.arrayContaining(['nc_demo_standard', 'nc_ag_demo_airgapped', key]))
    await control.deleteLicense(key)
    expect((await control.licenses()).map(each => each.key)).toEqual(keys.filter(each => each !== key))
    expect(await checkIn()).toMatchObject({ status: 404, error: { code: 'unknown_key' } })
    await expect(control.deleteLicense(key)).rejects.toThrow('answered 404: {"error":"There is no license with this key."}')
  })

  it('that are named cannot be deleted', async () => {
    await expect(control.deleteLicense('nc_demo_standard')).rejects.toThrow('answered 409: {"error":"A named key cannot be deleted;')
  })

  it('are forgotten with a reset of their key, and no other', async () => {
    const [{ key }, kept] = [await control.createLicense({ method: 'standard' }), await control.createLicense({ method: 'standard' })]
    await control.reset({ key })
    await expect(control.getLicense(key)).rejects.toThrow('404')
    expect((await control.getLicense(kept.key)).status).toBe('active')
  })
})

describe('the control API', () => {
  const operations = Object.entries<ControlOperation>(CONTROL)
  const takesBody = ({ method }: ControlOperation) => method !== 'GET' && method !== 'DELETE'
  const at = (path: string) => `${url}/__sandbox${path.replace(':key', 'nc_demo_standard')}`

  it.each(operations)('refuses a member that %s does not know', async (_, operation) => {
    const { method, path } = operation
    const response = takesBody(operation)
      ? await fetch(at(path), { method, body: JSON.stringify({ colour: 'red' }) })
      : await fetch(`${at(path)}?colour=red`, { method })
    expect(response.status).toBe(400)
    expect(await response.json()).toEqual({ error: expect.stringContaining('colour: is not known here') })
  })

  it.each(operations.filter(([, operation]) => takesBody(operation)))('says that what %s was sent is not JSON', async (_, { method, path }) => {
    const response = await fetch(at(path), { method, body: '{"days": 3' })
    expect(response.status).toBe(400)
    expect(await response.json()).toEqual({ error: expect.stringMatching(/^The body is not JSON: .+/) })
  })

  it('says where an input is wrong, within a fault too', async () => {
    const response = await fetch(at('/faults'), { method: 'POST', body: '{"call":"ping","fault":{"type":"html","status":200},"installation":"me"}' })
    expect(await response.json()).toEqual({
      error: 'fault.status: is not known here; installation: must be an Instance ID: 32 lower-case hex digits',
    })
  })

  it('refuses a query where it takes a body, a body where it takes a query, and what is said twice', async () => {
    const refused = [
      await fetch(`${at('/reset')}?installation=${ONE}`, { method: 'POST' }), await fetch(at('/faults'), { method: 'DELETE', body: '{}' }),
      await fetch(`${at('/requests')}?call=ping&call=renew`),
    ]
    expect(await Promise.all(refused.map(async response => [response.status, await response.json()]))).toEqual([
      [400, { error: 'A POST has its input in the body and takes no query.' }],
      [400, { error: 'A DELETE has its input in the query and takes no body.' }],
      [400, { error: 'call: is given more than once' }],
    ])
  })

  it('knows no other calls', async () => {
    for (const [method, path] of [['GET', '/colours'], ['PUT', '/clock'], ['GET', '/licenses/'], ['POST', '/health']] as const) {
      expect([method, path, (await fetch(at(path), { method })).status]).toEqual([method, path, 404])
    }
  })

  it('tells its health', async () => {
    await activate(ONE)
    await control.addFault({ call: 'ping', fault: { type: 'html' } })
    expect(await control.health()).toMatchObject({ ok: true, pid: process.pid, faults: 1, requests: 1, forks: 0 })
  })
})

describe('the OpenAPI document of the control API', () => {
  const documentSchema = z.object({
    openapi: z.literal('3.1.0'),
    info: z.object({ title: z.string(), version: z.string() }),
    servers: z.tuple([z.object({ url: z.literal('/__sandbox') })]),
    paths: z.record(z.string().startsWith('/'), z.record(z.enum(['get', 'post', 'patch', 'delete']).or(z.string()), z.object({
      operationId: z.string(), summary: z.string(),
      parameters: z.array(z.object({ name: z.string(), in: z.enum(['path', 'query']), required: z.boolean(), schema: z.looseObject({}) })).optional(),
      requestBody: z.object({ content: z.object({ 'application/json': z.object({ schema: z.looseObject({}) }) }) }).optional(),
      responses: z.record(z.string().regex(/^\d{3}$/), z.object({ description: z.string().min(1), content: z.looseObject({}) })),
    }))),
    components: z.object({ schemas: z.record(z.string(), z.looseObject({})) }),
  })

  it('describes every call, what it takes, and what it refuses', async () => {
    const { paths } = documentSchema.parse(await control.openApi())
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, each]) => [each.operationId, { method, path, each }] as const))
    expect(described.map(([id]) => id).toSorted()).toEqual(Object.keys(CONTROL).toSorted())
    for (const [id, { method, path, each }] of described) {
      const operation: ControlOperation | undefined = Object.entries(CONTROL).find(([name]) => name === id)?.[1]
      expect([id, method, path]).toEqual([id, operation?.method.toLowerCase(), operation?.path.replace(':key', '{key}')])
      expect([id, Object.keys(each.responses)]).toEqual([id, ['200', '400', ...Object.keys(operation?.refusals ?? {})]])
    }
    const waiting = paths['/requests']?.get?.parameters?.map(({ name, schema: { type } }) => [name, type])
    expect(waiting).toEqual([['installation', 'string'], ['key', 'string'], ['call', 'string'], ['since', 'integer'], ['count', 'integer'], ['within', 'integer']])
    expect(paths['/licenses/{key}']?.patch?.requestBody?.content['application/json'].schema).toMatchObject({
      additionalProperties: false, properties: { installation: { type: 'string' }, status: { enum: expect.arrayContaining(['revoked']) } },
    })
  })

  it('refers to nothing that is not in it', async () => {
    const raw = await control.openApi()
    const { components: { schemas } } = documentSchema.parse(raw)
    const named = [...JSON.stringify(raw).matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference)
    expect(new Set(named).size).toBeGreaterThan(4)
    expect(named.filter(reference => !Object.hasOwn(schemas, reference?.replace('#/components/schemas/', '') ?? ''))).toEqual([])
  })
})
