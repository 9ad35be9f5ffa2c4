import { beforeEach, describe, expect, it, vi } from 'vitest'
import EventItem from '../../../../app/components/activity/EventItem.vue'
import { useNow } from '../../../../app/stores/now.ts'
import type { EventView } from '../../../../shared/contracts.ts'
import { found } from '../../../support/app/findings.ts'
import { openFreshPage } from '../../../support/app/nuxt-imports.ts'
import { render, textsIn } from '../../../support/app/render.ts'

// It brings the addresses of the words along, which only a build has.
vi.mock('../../../../app/composables/useLanguage.ts', () => ({ useListText: () => (items: string[]) => items.join(', ') }))

const AT = '2026-11-26T14:03:00.000Z'
beforeEach(() => {
  openFreshPage()
  useNow().value = Date.parse(AT)
})

const eventOf = (changes: Partial<EventView>): EventView => ({
  id: 1, kind: 'check_in_failed', at: AT, firstAt: AT, count: 1, actor: 'system', actorEmail: null, address: null, details: {}, finding: null, ...changes,
})
const item = (changes: Partial<EventView>, told: EventView | null = null) => render(EventItem, { event: eventOf(changes), told })

describe('an entry of the activity log', () => {
  it.each([
    ['bound_elsewhere', 'The license is bound to a different installation'], ['suspended', 'The license is suspended'],
  ])('says in words that the license server decided: %s', async (verdict, told) => {
    const texts = textsIn(await item({ kind: 'verdict', details: { verdict } }))
    expect(texts).toEqual(expect.arrayContaining(['Decision of the license server', told]))
    expect(texts).not.toContain(verdict)
  })

  const finding = found('gateway', { status: 503 }, { code: 'SERVER_ERROR' })
  const details = { code: 'SERVER_ERROR', cause: 'gateway' }

  it('says in a sentence what was found, and its cause in no other way', async () => {
    const html = await item({ details, finding })
    expect(html).toMatch(/<p [^>]*data-cause="gateway"/)
    expect(textsIn(html).slice(2)).toEqual([
      'Code:', 'The license server could not answer (NCL-207)', 'A gateway answered with status 503: it got no usable answer from the license server.',
    ])
  })

  it('of an earlier version, without a finding, has no sentence', async () => {
    const html = await item({ details: { code: 'SERVER_ERROR' } })
    expect(html).not.toContain('data-cause')
    expect(textsIn(html).slice(2)).toEqual(['Code:', 'The license server could not answer (NCL-207)'])
  })

  it('does not say what to do: that time has passed', async () => {
    expect(textsIn(await item({ details, finding })).join('\n')).not.toContain('Wait a few minutes')
  })
})

describe('an entry of a license that replaced another', () => {
  const details = {
    licenseId: 'lic_new', method: 'standard', plan: 'Business', expiresAt: '2027-11-26T12:00:00.000Z',
    replacedId: 'lic_old', replacedMethod: 'offline', replacedPlan: 'enterprise', replacedExpiresAt: '2026-12-01T12:00:00.000Z',
  }
  const told = eventOf({ id: 2, kind: 'vendor_told', details: { result: 'ok', licenseId: 'lic_old' } })

  it('says what was before and what came after, each once, and that the seat was given back', async () => {
    const [title, , ...rest] = textsIn(await item({ kind: 'activated', details }, told))
    expect(title).toBe('License replaced')
    expect(rest).toEqual([
      'Before:', 'Enterprise · Offline · until 1 Dec 2026', 'After:', 'Business · Standard · until 26 Nov 2027', 'License ID:', 'lic_new',
      'The license server was told at 14:03\u00A0UTC that the earlier license is no longer used here.',
    ])
  })

  it('keeps its own name if it is the same license on other terms', async () => {
    const texts = textsIn(await item({ kind: 'activated', details: { ...details, replacedId: 'lic_new' } }))
    expect(texts[0]).toBe('License activated')
    expect(texts).toContain('Before:')
  })

  it('and did not verify has its method alone before', async () => {
    const { replacedMethod, licenseId, method, plan, expiresAt } = details
    const texts = textsIn(await item({ kind: 'activated', details: { replacedMethod, licenseId, method, plan, expiresAt } }))
    expect(texts.slice(2, 4)).toEqual(['Before:', 'Offline'])
  })
})
