import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EventKind, EventView, User } from '../../shared/contracts.ts'
import { EVENT_GROUPS, EVENT_KINDS, kindsOf } from '../../shared/contracts.ts'
import type { ApiClient } from '../support/api-client.ts'
import { createApiClient } from '../support/api-client.ts'
import type { Product } from '../support/product-process.ts'
import { ADMIN, ADMIN_TOKEN, startProduct } from '../support/product-process.ts'
import { addViewer, signInSoon, until, useStand } from '../support/stand.ts'

/* Who did what, as an administrator and as a viewer may read it: every kind of entry by everybody who can cause it. */

type ActorKind = EventView['actor']
type Page = { events: EventView[], nextBefore: number | null }

const ADDRESS = '203.0.113.44'
const stand = useStand({ NC_ADMIN_TOKEN: ADMIN_TOKEN, NC_TRUST_PROXY: '127.0.0.1' })
const iso = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
const licenseId = expect.stringMatching(/^lic_/)

const account = expect.stringMatching(/^\w+@example\.com$/)

/** What each of them has to say. A combination that is missing here must not happen. */
/** What the 500 is found to be that the license server was told to answer. */
const FINDING = {
  code: 'SERVER_ERROR', reference: 'NCL-207', cause: 'server_error_foreign', stage: 'http', at: iso, facts: expect.objectContaining({ status: 500 }),
}
const ACTIVATED = expect.toSatisfy((details: EventView['details']) => isActivation(details), 'tells of the license, and of one that it replaced')
const TABLE: Record<EventKind, { by: ActorKind[], details: unknown, finding?: object }> = {
  activated: { by: ['user', 'token', 'environment'], details: ACTIVATED },
  put_back: { by: ['user', 'token'], details: expect.objectContaining({ method: 'offline', replacedMethod: 'standard' }) },
  renewed: { by: ['user', 'token', 'system'], details: { from: iso, to: iso } },
  removed: { by: ['user', 'token'], details: { method: 'standard', licenseId } },
  check_in_succeeded: { by: ['user', 'token', 'system'], details: {} },
  check_in_failed: { by: ['user', 'token', 'system'], details: { code: 'SERVER_ERROR', cause: 'server_error_foreign' }, finding: FINDING },
  verdict: { by: ['user', 'token', 'system'], details: { verdict: 'revoked', reason: 'unpaid' } },
  state_changed: { by: ['system'], details: { from: expect.any(String), to: expect.any(String) } },
  vendor_told: { by: ['system'], details: { result: 'ok', licenseId } },
  account_created: { by: ['user', 'token', 'environment'], details: { role: expect.stringMatching(/^(admin|viewer)$/), account } },
  account_changed: { by: ['user', 'token', 'environment'], details: expect.objectContaining({ change: expect.stringMatching(/^(role|reset)$/), account }) },
  account_removed: { by: ['user', 'token'], details: { account } },
}
const ROWS = EVENT_KINDS.flatMap(kind => TABLE[kind].by.map(actor => [kind, actor] as const))

const read = async (client: ApiClient, query: string) => (await client.request<Page>('GET', `/api/license/events?${query}`)).body
const happened = (client: ApiClient, kind: EventKind, actor: ActorKind) => until(`${kind} by ${actor}`, async () =>
  (await read(client, `limit=200&kind=${kind}`)).events.some(event => event.actor === actor))

/** A client whose every request comes from `ADDRESS`. */
function fromAfar(client: ApiClient, headers: Record<string, string> = {}): ApiClient {
  const ask = client.request.bind(client)
  client.request = (method, path, body, more) => ask(method, path, body, { 'x-forwarded-for': ADDRESS, ...headers, ...more })
  return client
}

/** A token in force, replaced by a key and put back. */
async function goBack(client: ApiClient): Promise<void> {
  const { control } = stand.licenseServer
  const { instanceId } = await client.license()
  await client.save(await control.issueToken({ instance_id: instanceId }))
  const { key } = await control.createLicense({ method: 'standard' })
  await client.save(key)
  await client.request('POST', '/api/license/previous', {})
}

/** Everything that somebody who asks can cause. */
async function act(client: ApiClient, email: string): Promise<void> {
  const { control } = stand.licenseServer
  await client.save('nc_nobody_knows_this_key')
  await goBack(client)
  const { key } = await control.createLicense({ method: 'standard' })
  await client.save(key)
  await client.checkIn()
  await control.addFault({ call: 'checkIn', times: 1, fault: { type: 'status', status: 500 } })
  await client.checkIn()
  await control.changeLicense(key, { days: 500 })
  await client.checkIn()
  await control.changeLicense(key, { status: 'revoked', reason: 'unpaid' })
  await client.checkIn()
  await happened(client, 'state_changed', 'system')
  await client.remove()
  const { body: { id } } = await client.request<User>('POST', '/api/users', { email, password: 'somebody else 1', role: 'viewer' })
  await client.request('PATCH', `/api/users/${id}`, { role: 'admin' })
  await client.request('DELETE', `/api/users/${id}`)
}

/** Everything that happens by itself. */
async function letTimePass(client: ApiClient): Promise<void> {
  const { control } = stand.licenseServer
  const first = await control.createLicense({ method: 'standard', every: 1, grace: 600 })
  await client.save(first.key)
  await happened(client, 'check_in_succeeded', 'system')
  await control.changeLicense(first.key, { days: 500 })
  await happened(client, 'renewed', 'system')
  await control.addFault({ call: 'checkIn', times: 1, fault: { type: 'status', status: 500 } })
  await happened(client, 'check_in_failed', 'system')
  const second = await control.createLicense({ method: 'standard', every: 1, grace: 600 })
  await client.save(second.key)
  await control.changeLicense(second.key, { status: 'revoked', reason: 'unpaid' })
  await happened(client, 'verdict', 'system')
  await client.remove()
  await happened(client, 'vendor_told', 'system')
}

/** Ends the product and starts it with other variables: another license, another password. */
async function changeEnvironment({ stop, dataDir, port }: Product): Promise<Product> {
  await stop()
  const { key } = await stand.licenseServer.control.createLicense({ method: 'standard' })
  return startProduct({
    licenseServerUrl: stand.licenseServer.url, dataDir, port,
    env: { NC_ADMIN_PASSWORD: 'another password 1', NC_LICENSE_KEY: key, NC_TRUST_PROXY: '127.0.0.1' },
  })
}

/** Exactly what an activation tells; more if it replaced a license. */
function isActivation(details: EventView['details']): boolean {
  const names = ['expiresAt', 'licenseId', 'method', ...(details.replacedId ? ['plan', 'replacedExpiresAt', 'replacedId', 'replacedMethod', 'replacedPlan'] : [])]
  return names.join() === Object.keys(details).toSorted().join() && (details.method === 'standard' || details.method === 'offline') && /^lic_/.test(String(details.licenseId))
}

describe('the activity', () => {
  let admin: ApiClient
  let viewer: ApiClient
  let told: EventView[]
  let shown: EventView[]
  let restarted: Product | undefined

  beforeAll(async () => {
    viewer = await addViewer(stand.admin, stand.product)
    await act(fromAfar(stand.admin), 'one@example.com')
    await act(fromAfar(createApiClient(stand.product.url), { authorization: `Bearer ${ADMIN_TOKEN}` }), 'two@example.com')
    await letTimePass(stand.admin)
    restarted = await changeEnvironment(stand.product)
    admin = await signInSoon(stand.product, { ...ADMIN, password: 'another password 1' })
    await happened(admin, 'activated', 'environment')
    told = (await read(admin, 'limit=200')).events
    shown = (await read(viewer, `limit=200&before=${(told[0]?.id ?? 0) + 1}`)).events
  })
  afterAll(() => restarted?.dispose())

  it.each(ROWS)('tells of %s by %s, and tells a viewer no more than they may know', (kind, actor) => {
    const { details, finding = null } = TABLE[kind]
    const events = told.filter(event => event.kind === kind && event.actor === actor)
    expect(events).not.toEqual([])
    for (const event of events) {
      expect(event).toEqual({
        id: expect.any(Number), kind, at: iso, firstAt: iso, count: expect.any(Number), actor,
        actorEmail: actor === 'user' ? ADMIN.email : null,
        address: actor === 'user' || actor === 'token' ? expect.stringMatching(/^(203\.0\.113\.44|127\.0\.0\.1)$/) : null,
        details, finding,
      })
      const { account: _account, ...rest } = event.details
      expect(shown.find(({ id }) => id === event.id)).toEqual({
        ...event, actorEmail: null, address: null, details: rest, finding: event.finding && { ...event.finding, facts: expect.not.objectContaining({ host: '127.0.0.1' }) },
      })
    }
  })

  it('names the address of whoever asked, not the proxy\'s', () => {
    for (const kind of ['activated', 'renewed', 'removed', 'check_in_failed', 'verdict', 'account_removed'] as const) {
      expect(told.filter(event => event.kind === kind && (event.actor === 'user' || event.actor === 'token')).map(({ address }) => address), kind)
        .toEqual(expect.arrayContaining([ADDRESS]))
    }
  })

  it('tells of nothing and nobody else, and shows a viewer the same entries', () => {
    const combinations = new Set(told.map(({ kind, actor }) => `${kind} by ${actor}`))
    expect([...combinations].toSorted()).toEqual(ROWS.map(([kind, actor]) => `${kind} by ${actor}`).toSorted())
    expect(shown.map(({ id }) => id)).toEqual(told.map(({ id }) => id))
    expect(JSON.stringify(shown)).not.toMatch(/@|203\.0\.113|127\.0\.0\.1/)
  })

  it('is listed newest first, page by page', async () => {
    expect(told.map(({ id }) => id)).toEqual(told.map(({ id }) => id).toSorted((a, b) => b - a))
    const first = await read(admin, `limit=2&before=${(told[0]?.id ?? 0) + 1}`)
    const second = await read(admin, `limit=2&before=${first.nextBefore}`)
    expect([...first.events, ...second.events]).toEqual(told.slice(0, 4))
  })

  it.each(EVENT_GROUPS)('is listed by group, page by page, to its end and no further: %s', async (group) => {
    const before = (told[0]?.id ?? 0) + 1
    const paged: EventView[] = []
    for (let next: number | null = before; next !== null;) {
      const page: Page = await read(admin, `kind=${group}&limit=3&before=${next}`)
      paged.push(...page.events)
      next = page.nextBefore
    }
    expect(paged).toEqual(told.filter(({ kind }) => kindsOf(group).includes(kind)))
    expect(new Set(paged.map(({ kind }) => kind))).toEqual(new Set(kindsOf(group)))
  })

  it.each(EVENT_KINDS)('is listed by kind, page by page, to its end and no further: %s', async (kind) => {
    const wanted = told.filter(event => event.kind === kind)
    const paged: EventView[] = []
    // What happens meanwhile, word of a removal perhaps, is newer than what was read.
    const before = (told[0]?.id ?? 0) + 1
    let last = await read(admin, `kind=${kind}&limit=2&before=${before}`)
    paged.push(...last.events)
    while (last.nextBefore !== null) {
      last = await read(admin, `kind=${kind}&limit=2&before=${last.nextBefore}`)
      expect(last.events.length).toBeGreaterThan(0)
      paged.push(...last.events)
    }
    expect(paged).toEqual(wanted)
    expect(await read(admin, `kind=${kind}&limit=${Math.max(1, wanted.length)}&before=${before}`)).toEqual({ events: wanted, nextBefore: null })
  })
})
