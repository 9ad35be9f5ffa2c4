import { beforeEach, describe, expect, it } from 'vitest'
import CheckInStrip from '../../../../app/components/license/CheckInStrip.vue'
import type { CheckInDay } from '../../../../shared/contracts.ts'
import { openFreshPage } from '../../../support/app/nuxt-imports.ts'
import { render } from '../../../support/app/render.ts'

beforeEach(() => openFreshPage())

interface Given { days?: CheckInDay[], since?: string | null, verdictAt?: string | null }
async function cellsOf({ days = [], since = null, verdictAt = null }: Given) {
  const html = await render(CheckInStrip, { days, today: '2026-03-30', since, nextAt: null, verdictAt })
  return { html, kinds: [...html.matchAll(/<rect class="(\w+)"/g)].map(([, kind]) => kind) }
}
const good = (day: string): CheckInDay => ({ day, good: 4, failed: 0 })

describe('the strip of check-ins', () => {
  it('shows thirty days, each by what happened', async () => {
    const { kinds, html } = await cellsOf({ days: [good('2026-03-30'), { day: '2026-03-29', good: 0, failed: 2 }] })
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

  it('never shows as good the day on which the license was stopped', async () => {
    const { kinds, html } = await cellsOf({ days: [good('2026-03-29'), good('2026-03-30')], since: '2026-03-29T00:00:00.000Z', verdictAt: '2026-03-30T10:00:00.000Z' })
    expect(kinds).toEqual(['good', 'stopped'])
    expect(html).toContain('2026-03-30: the license was revoked or suspended')
  })
})
