import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { FunctionalComponent } from 'vue'
import LicenseRail from '../../../../app/components/license/LicenseRail.vue'
import type { LicenseView } from '../../../../shared/contracts.ts'
import { viewOf } from '../../../support/app/license-view.ts'
import { openFreshPage } from '../../../support/app/nuxt-imports.ts'
import { render, textsIn } from '../../../support/app/render.ts'

beforeEach(() => {
  openFreshPage()
  setActivePinia(createPinia())
  vi.stubGlobal('__BUILD_VERSION__', '1.2.3 (abcdef)')
})
afterEach(() => vi.unstubAllGlobals())

const nothing: FunctionalComponent = () => null

/** The facts of the license, by their names. */
async function factsOf(view: Partial<LicenseView>): Promise<Map<string, string>> {
  const props = { view: viewOf(view), failure: null, said: '', disagreeAbout: [] }
  const html = await render(LicenseRail, props, { LicenseInstanceId: nothing })
  return new Map(html.split('<dt').slice(1).map((row) => {
    const [name = '', value = ''] = textsIn(`<dt${row}`)
    return [name, value]
  }))
}

it.each([
  [50, 10, '10 of 50 used'], [50, 0, '0 of 50 used'], [50, 51, '51 of 50 used'], [0, 0, '0 of 0 used'],
  [50, null, '50 licensed, use not counted yet'], [0, null, '0 licensed, use not counted yet'],
  [null, 10, '10 used, unlimited'], [null, 0, '0 used, unlimited'], [null, null, 'Unlimited'],
])('of %j seats, %j in use, it says: %s', async (seats, seatsUsed, said) => {
  expect((await factsOf({ seats, seatsUsed })).get('Seats')).toBe(said)
})

it('a limit of nothing is one, and no limit is said to be none', async () => {
  const facts = await factsOf({ limits: { limit_editor: 0, limit_workspace: 1500, limit_of_tomorrow: null } })
  expect([...facts].filter(([, value]) => ['0', '1,500', 'Unlimited'].includes(value)))
    .toEqual([['Editors', '0'], ['Workspaces', '1,500'], ['limit_of_tomorrow', 'Unlimited']])
})
