import { DatabaseSync } from 'node:sqlite'
import { beforeAll, describe, expect, it } from 'vitest'
import type { EventView } from '../../shared/contracts.ts'
import { EVENT_GROUPS, EVENT_KINDS } from '../../shared/contracts.ts'
import { signIn, type ApiClient } from '../support/api-client.ts'
import { expectError } from '../support/expect-error.ts'
import { ADMIN_TOKEN } from '../support/product-process.ts'
import { addViewer, until, useStand } from '../support/stand.ts'

/* The whole activity as a file. */

const EXPORT = '/api/license/events/export'
/** A valid address that a spreadsheet would calculate. */
const FORMULA = { email: '+1-2@example.com', password: 'another admin 123', role: 'admin' }
const COLUMNS = ['id', 'at', 'firstAt', 'count', 'kind', 'actor', 'actorEmail', 'address', 'details', 'finding']
/** More than three pages of the export. */
const MANY = 1700

const stand = useStand({ NC_ADMIN_TOKEN: ADMIN_TOKEN })
let viewer: ApiClient

beforeAll(async () => {
  viewer = await addViewer(stand.admin, stand.product)
  await stand.admin.save('nc_demo_standard')
  await stand.licenseServer.control.addFault({ call: 'checkIn', times: 1, fault: { type: 'status', status: 500 } })
  await stand.admin.checkIn()
  await stand.admin.request('POST', '/api/users', FORMULA)
  // Only a license that calls home anyway tells of the one before it.
  const { key } = await stand.licenseServer.control.createLicense({ method: 'standard' })
  await (await signIn(stand.product.url, FORMULA)).save(key)
  await until('word of the replaced license', async () => (await eventsOf(stand.admin, '?kind=vendor_told')).length > 0)
})

const eventsOf = async (client: ApiClient, query = '') => (await client.request<{ events: EventView[] }>('GET', `${EXPORT}${query}`)).body.events

/** The records of a CSV, read by the rules of RFC 4180 and no others. */
function recordsIn(text: string): string[][] {
  const records: string[][] = []
  let record: string[] = []
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    record.push(quoted?.replaceAll('""', '"') ?? plain ?? '')
    if (end === ',') continue
    records.push(record)
    record = []
  }
  return records
}

/** An event as its record should say it. */
function cellsOf(event: EventView): string[] {
  const json = (value: object | null) => value ? JSON.stringify(value) : ''
  const email = event.actorEmail?.startsWith('+') ? `'${event.actorEmail}` : event.actorEmail
  return [
    String(event.id), event.at, event.firstAt, String(event.count), event.kind, event.actor, email ?? '', event.address ?? '', json(event.details), json(event.finding),
  ]
}

describe('the activity as a file', () => {
  it('of JSON is what the list says, newest first, as a download', async () => {
    const { headers, body } = await stand.admin.request<{ events: EventView[] }>('GET', `${EXPORT}?format=json`)
    expect(headers.get('content-type')).toBe('application/json')
    expect(headers.get('content-disposition')).toMatch(/^attachment; filename="nocodb-activity-[\da-f]{8}\.json"$/)
    expect(headers.get('cache-control')).toBe('no-store')
    const listed = await stand.admin.request<{ events: EventView[] }>('GET', '/api/license/events?limit=200')
    expect(body.events.length).toBeGreaterThan(4)
    expect(body.events).toEqual(listed.body.events)
    expect((await stand.admin.request('GET', EXPORT)).body).toEqual(body)
  })

  it('of CSV has a header and the same events, in UTF-8 with its mark', async () => {
    const { headers, body: json } = await stand.admin.request<undefined>('GET', `${EXPORT}?format=csv`)
    expect(json).toBeUndefined()
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present')
    expect(headers.get('content-disposition')).toMatch(/^attachment; filename="nocodb-activity-[\da-f]{8}\.csv"$/)
    const answer = await fetch(`${stand.product.url}${EXPORT}?format=csv`, { headers: { cookie: stand.admin.cookie } })
    const bytes = new Uint8Array(await answer.arrayBuffer())
    expect([...bytes.subarray(0, 3)]).toEqual([0xEF, 0xBB, 0xBF])
    const [header, ...records] = recordsIn(new TextDecoder().decode(bytes))
    expect(header).toEqual(COLUMNS)
    expect(records).toEqual((await eventsOf(stand.admin)).map(cellsOf))
  })

  it('lets no cell begin a formula', async () => {
    const { text } = await stand.admin.request('GET', `${EXPORT}?format=csv`)
    const cells = recordsIn(text.replace(/^\uFEFF/, '')).flat()
    expect(cells).toContain(`'${FORMULA.email}`)
    expect(cells.filter(cell => /^[=+\-@\t\r]/.test(cell))).toEqual([])
  })

  it.each(['json', 'csv'])('tells a viewer of the same events as %s, without e-mails and addresses', async (format) => {
    const { status, text } = await viewer.request('GET', `${EXPORT}?format=${format}`)
    expect(status).toBe(200)
    expect(text).not.toMatch(/@|127\.0\.0\.1/)
    expect(text.match(/check_in_failed/g)).not.toBeNull()
    const listed = await viewer.request<{ events: EventView[] }>('GET', '/api/license/events?limit=200')
    expect(await eventsOf(viewer)).toEqual(listed.body.events)
  })

  it('tells what a license replaced, and of which license word was given', async () => {
    const [told, ...rest] = (await eventsOf(viewer, '?kind=license')).filter(({ kind }) => kind === 'activated' || kind === 'vendor_told')
    const [second, first] = rest
    expect(second?.details).toEqual({
      method: 'standard', licenseId: expect.stringMatching(/^lic_/), expiresAt: expect.any(String), plan: expect.any(String),
      replacedMethod: 'standard', replacedId: first?.details.licenseId, replacedExpiresAt: first?.details.expiresAt, replacedPlan: expect.any(String),
    })
    expect(told?.details).toEqual({ result: 'ok', licenseId: first?.details.licenseId })
  })

  it.each([...EVENT_KINDS, ...EVENT_GROUPS])('of %s alone holds what the list of it holds', async (kind) => {
    const listed = await stand.admin.request<{ events: EventView[] }>('GET', `/api/license/events?limit=200&kind=${kind}`)
    expect(await eventsOf(stand.admin, `?kind=${kind}`)).toEqual(listed.body.events)
    const { text } = await stand.admin.request('GET', `${EXPORT}?format=csv&kind=${kind}`)
    expect(recordsIn(text.replace(/^\uFEFF/, '')).length).toBe(listed.body.events.length + 1)
  })

  it.each(['format=xml', 'format=', 'kind=everything', 'kind=constructor'])('is refused for %s', async (query) => {
    expectError(await stand.admin.request('GET', `${EXPORT}?${query}`), 'VALIDATION')
  })

  it('is whole over many pages, each event once', async () => {
    const database = new DatabaseSync(stand.product.databaseFile, { timeout: 10_000 })
    database.exec(`insert into events (id, kind, at, first_at, count, actor, actor_email, address, details)
      with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < ${MANY})
      select -n, 'verdict', n, n, 1, 'system', null, null, '{}' from numbers`)
    database.close()
    const ids = (await eventsOf(stand.admin, '?kind=verdict')).map(({ id }) => id)
    expect(ids).toEqual(Array.from({ length: MANY }, (_, nth) => -1 - nth))
    expect((await eventsOf(stand.admin)).length).toBeGreaterThan(MANY)
  })

  it('goes on serving others after a client left in the middle', async () => {
    const leaving = new AbortController()
    const answer = await fetch(`${stand.product.url}${EXPORT}`, { headers: { cookie: stand.admin.cookie }, signal: leaving.signal })
    await answer.body?.getReader().read()
    leaving.abort()
    expect((await eventsOf(stand.admin)).length).toBeGreaterThan(MANY)
    expect(stand.product.output()).not.toContain('a request ended unexpectedly')
  })
})
