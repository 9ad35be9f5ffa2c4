import { beforeAll, describe, expect, it } from 'vitest'
import type { Rehearsal } from '../../shared/contracts.ts'
import { rehearsalSchema } from '../../shared/schemas.ts'
import type { ApiClient } from '../support/api-client.ts'
import { expectError } from '../support/expect-error.ts'
import { addViewer, useStand } from '../support/stand.ts'

const stand = useStand()
const DAY = 86_400_000
const PATH = '/api/license/what-if'
const inDays = (days: number) => new Date(Date.now() + days * DAY).toISOString()
const daysUntil = (iso: string | undefined) => (Date.parse(iso ?? '') - Date.now()) / DAY

let viewer: ApiClient
beforeAll(async () => {
  viewer = await addViewer(stand.admin, stand.product)
})

async function rehearse(body: unknown, client = stand.admin): Promise<Rehearsal> {
  const answer = await client.request<Rehearsal>('POST', PATH, body)
  expect(answer.status, answer.text).toBe(200)
  return rehearsalSchema.strict().parse(answer.body)
}

describe('without a license', () => {
  it('what holds now goes on', async () => {
    const { states } = await rehearse({ offlineUntil: inDays(10), clockOffsetSeconds: 86_400 })
    expect(states).toMatchObject([{ state: 'unlicensed', entitled: false, because: 'now', sentence: 'No Enterprise license. This is how it is now.' }])
  })
})

describe('with a standard license', () => {
  beforeAll(async () => {
    await stand.admin.save('nc_demo_standard')
  })

  it('ten days offline pause it, and it resumes by itself; a viewer may ask, and is told the same', async () => {
    const body = { offlineUntil: inDays(10) }
    const { from, until, states } = await rehearse(body)
    expect(states.map(({ state, entitled, because }) => [state, entitled, because])).toEqual([
      ['active', true, 'now'], ['grace', true, 'check_in_missed'], ['paused', false, 'grace_over'], ['active', true, 'checked_in'],
    ])
    expect(states[0]?.at).toBe(from)
    expect(daysUntil(states[2]?.at)).toBeCloseTo(7.25, 1)
    expect(daysUntil(states[3]?.at)).toBeCloseTo(10, 1)
    expect(daysUntil(until)).toBeCloseTo(11, 1)
    expect(states[2]?.sentence).toBe('Enterprise is paused. The grace period ends without a check-in. The license is kept.')
    expect((await rehearse(body, viewer)).states.map(({ state }) => state)).toEqual(states.map(({ state }) => state))
  })

  it('takes times with any offset from UTC, and none at all', async () => {
    const local = inDays(3).replace('Z', '+02:00')
    expect((await rehearse({ offlineFrom: inDays(-1), offlineUntil: local })).states.map(({ state }) => state)).toEqual(['active', 'grace', 'active'])
    expect((await rehearse({})).states.map(({ because }) => because)).toEqual(['now', 'term_over'])
  })

  it('says what the clock would say', async () => {
    const { states: [first], from } = await rehearse({ clockOffsetSeconds: -3600 })
    expect(Math.abs(Date.parse(from) - 3_600_000 - Date.parse(first?.clock ?? ''))).toBeLessThan(2000)
  })

  it('changes nothing, records nothing and calls nobody', async () => {
    const { control } = stand.licenseServer
    const before = [await stand.admin.license(), await stand.admin.request('GET', '/api/license/events').then(({ text }) => text)]
    const requests = (await control.requests()).length
    const log = stand.product.output().length
    await rehearse({ offlineFrom: inDays(0), clockOffsetSeconds: 86_400 * 3000 })
    const after = [await stand.admin.license(), await stand.admin.request('GET', '/api/license/events').then(({ text }) => text)]
    expect(after[0]).toEqual({ ...Object(before[0]), serverTime: expect.any(String) })
    expect(after[1]).toBe(before[1])
    expect(await control.requests()).toHaveLength(requests)
    expect(stand.product.output().slice(log)).not.toContain('what-if')
  })
})

describe('what cannot be supposed', () => {
  it.each<[string, object, string]>([
    ['no time', { offlineFrom: 'tomorrow' }, 'offlineFrom'],
    ['a day', { offlineUntil: '2026-03-01' }, 'offlineUntil'],
    ['a time of no zone', { offlineUntil: '2026-03-01T12:00:00' }, 'offlineUntil'],
    ['a number of ms', { offlineFrom: 1_800_000_000_000 }, 'offlineFrom'],
    ['an end before its beginning', { offlineFrom: '2026-03-02T00:00:00Z', offlineUntil: '2026-03-01T23:59:59Z' }, 'offlineUntil'],
    ['more than ten years', { clockOffsetSeconds: 315_576_001 }, 'clockOffsetSeconds'],
    ['more than ten years behind', { clockOffsetSeconds: -315_576_001 }, 'clockOffsetSeconds'],
    ['half a second', { clockOffsetSeconds: 0.5 }, 'clockOffsetSeconds'],
  ])('%s', async (_, body, field) => {
    const answer = await stand.admin.request('POST', PATH, body)
    expectError(answer, 'VALIDATION')
    expect(Object.keys(answer.error?.fields ?? {})).toEqual([field])
  })

  it('the very bounds can be', async () => {
    await rehearse({ clockOffsetSeconds: 315_576_000, offlineFrom: '9999-12-31T23:59:59Z', offlineUntil: '9999-12-31T23:59:59Z' })
    await rehearse({ clockOffsetSeconds: -315_576_000, offlineFrom: '0001-01-01T00:00:00Z', offlineUntil: '0001-01-01T00:00:00Z' })
  })
})
