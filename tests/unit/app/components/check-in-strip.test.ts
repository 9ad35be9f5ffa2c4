import { beforeEach, describe, expect, it } from 'vitest'
import CheckInStrip from '../../../../app/components/license/CheckInStrip.vue'
import type { CheckInDay } from '../../../../shared/contracts.ts'
import { openFreshPage } from '../../../support/app/nuxt-imports.ts'
import { render, textsIn } from '../../../support/app/render.ts'

beforeEach(() => openFreshPage())

interface Given { days?: CheckInDay[], since?: string | null, verdictAt?: string | null }
async function cellsOf({ days = [], since = null, verdictAt = null }: Given) {
  const html = await render(CheckInStrip, { days, today: '2026-03-30', since, nextAt: null, verdictAt })
  return { html, kinds: [...html.matchAll(/<rect class="(\w+)"/g)].map(([, kind]) => kind) }
}
const good = (day: string): CheckInDay => ({ day, good: 4, failed: 0, off: false })

describe('the strip of check-ins', () => {
  it('shows thirty days, each by what happened', async () => {
    const { kinds, html } = await cellsOf({ days: [good('2026-03-30'), { day: '2026-03-29', good: 0, failed: 2, off: false }] })
    expect(kinds).toEqual([...Array.from({ length: 28 }, () => 'none'), 'failed', 'good'])
    expect(html).toContain('with a good check-in: 1; with only failed ones: 1; without any: 28.')
  })

  it('begins on the day of the activation', async () => {
    const { kinds, html } = await cellsOf({ days: [good('2026-03-30')], since: '2026-03-29T23:00:00.000Z' })
    expect(kinds).toEqual(['none', 'good'])
    expect(html).toContain('viewBox="0 0 18 28"')
  })

  it('keeps the days between two licenses', async () => {
    const { kinds } = await cellsOf({ days: [good('2026-03-26'), good('2026-03-30')], since: '2026-03-30T00:00:00.000Z' })
    expect(kinds).toEqual(['good', 'none', 'none', 'none', 'good'])
  })

  it('shows as stopped every day since the verdict, with check-ins or without, and names the day on which it came', async () => {
    const { kinds, html } = await cellsOf({ days: ['27', '28', '30'].map(day => good(`2026-03-${day}`)), since: '2026-03-27T00:00:00.000Z', verdictAt: '2026-03-28T10:00:00.000Z' })
    expect(kinds).toEqual(['good', 'stopped', 'stopped', 'stopped'])
    expect(textsIn(html).filter(text => text.startsWith('2026-03-'))).toEqual([
      '2026-03-27: 4 good, 0 failed (UTC)', '2026-03-28: the license was revoked, suspended or bound to a different installation', '2026-03-29: Enterprise features off', '2026-03-30: Enterprise features off',
    ])
  })

  it('says since when the license is stopped, also where that is longer ago than it shows', async () => {
    const { kinds, html } = await cellsOf({ days: [good('2026-03-30')], verdictAt: '2026-01-02T10:00:00.000Z' })
    expect(kinds).toEqual(Array.from({ length: 30 }, () => 'stopped'))
    expect(html).toMatch(/<figcaption[^>]*>.*2026-01-02: the license was revoked, suspended or bound to a different installation/)
  })

  it('never shows as good the day on which the license was stopped', async () => {
    const { kinds, html } = await cellsOf({ days: [good('2026-03-29'), good('2026-03-30')], since: '2026-03-29T00:00:00.000Z', verdictAt: '2026-03-30T10:00:00.000Z' })
    expect(kinds).toEqual(['good', 'stopped'])
    expect(html).toContain('2026-03-30: the license was revoked, suspended or bound to a different installation')
  })
})
