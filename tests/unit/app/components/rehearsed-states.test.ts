import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it } from 'vitest'
import RehearsedStates from '../../../../app/components/license/RehearsedStates.vue'
import { useNow } from '../../../../app/stores/now.ts'
import type { LicenseView, RehearsedState } from '../../../../shared/contracts.ts'
import { found } from '../../../support/app/findings.ts'
import { viewOf } from '../../../support/app/license-view.ts'
import { openFreshPage } from '../../../support/app/nuxt-imports.ts'
import { render, textsIn } from '../../../support/app/render.ts'

const FROM = '2026-03-01T12:00:00.000Z'
const UNTIL = '2026-04-01T12:00:00.000Z'
const ENDED = 'The license has expired'
const BY_CLOCK = 'By this server\'s clock, the license has expired'
const AHEAD = found('clock_ahead', { difference: 7200 }, { code: 'CLOCK_AHEAD' })

beforeEach(() => {
  openFreshPage()
  setActivePinia(createPinia())
  useNow().value = Date.parse(FROM)
})

const seen = (state: RehearsedState['state'], because: RehearsedState['because'], at = FROM): RehearsedState =>
  ({ state, because, at, clock: at, entitled: state === 'active', sentence: '' })
async function shown(states: RehearsedState[], view: Partial<LicenseView> = {}) {
  const html = await render(RehearsedStates, { rehearsal: { from: FROM, until: UNTIL, states }, view: viewOf(view), withClock: true })
  return { html, headings: [...html.matchAll(/<strong[^>]*>([^<]*)/g)].map(([, heading = '']) => textsIn(heading)[0]) }
}

describe('a rehearsal', () => {
  it.each<[string, RehearsedState, Partial<LicenseView>, string]>([
    ['that has ended now, beyond doubt', seen('expired', 'now'), { state: 'expired', finding: found('ended') }, ENDED],
    ['that has ended now, by a clock that may be wrong', seen('expired', 'now'), { state: 'expired', finding: AHEAD }, BY_CLOCK],
    ['that is to end by the clock alone', seen('expired', 'clock'), {}, BY_CLOCK],
    ['that is to end with its term, whatever the clock says now', seen('expired', 'term_over'), { finding: AHEAD }, ENDED],
    ['that is on, beside a clock that is wrong', seen('active', 'now'), { finding: AHEAD }, 'Enterprise is on'],
  ])('tells of a license %s', async (_, first, view, expected) => {
    const { html, headings } = await shown([first], view)
    expect(headings).toEqual([expected])
    // The drawing says the same to whoever cannot see it.
    expect(textsIn(/aria-label="([^"]*)"/.exec(html)?.[1] ?? '')[0]).toContain(expected)
  })

  it('names the features that stop, and one without a name of its own as the license has it', async () => {
    const { html } = await shown([seen('active', 'now'), seen('expired', 'term_over', UNTIL)], { features: ['sso', 'from_tomorrow'] })
    expect(textsIn(html)).toContainEqual(expect.stringMatching(/^These stop: Single sign-on.*, from_tomorrow/))
  })
})
