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
const item = (changes: Partial<EventView>) => render(EventItem, { event: eventOf(changes) })

describe('an entry of the activity log', () => {
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
