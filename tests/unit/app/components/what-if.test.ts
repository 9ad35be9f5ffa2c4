import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { FunctionalComponent } from 'vue'
import WhatIf from '../../../../app/components/license/WhatIf.vue'
import { useNow } from '../../../../app/stores/now.ts'
import { viewOf } from '../../../support/app/license-view.ts'
import { openFreshPage } from '../../../support/app/nuxt-imports.ts'
import { render } from '../../../support/app/render.ts'

const NOW = Date.parse('2026-03-01T12:00:00.000Z')
const DAY = 86_400_000

beforeEach(() => {
  openFreshPage()
  setActivePinia(createPinia())
  useNow().value = NOW
})
afterEach(() => vi.useRealTimers())

const nothing: FunctionalComponent = () => null
const PARTS = { AButton: nothing, CommonFailureNotice: nothing, CommonCopyButton: nothing, LicenseRehearsedStates: nothing }

function useBrowserZone(zone: string): void {
  const before = process.env.TZ
  process.env.TZ = zone
  onTestFinished(() => {
    if (before === undefined) delete process.env.TZ
    else process.env.TZ = before
  })
}
async function timesProposed(): Promise<number[]> {
  const html = await render(WhatIf, { what: 'internet', linked: null, view: viewOf(), answer: null }, PARTS)
  const fields = html.matchAll(/<input (?=[^>]*type="datetime-local")[^>]* value="([^"]*)"/g)
  return [...fields].map(([, value = '']) => new Date(value).getTime())
}

describe('a rehearsal of an outage', () => {
  it.each([['right', 0], ['a year behind', -365 * DAY], ['five days ahead', 5 * DAY]])(
    'is proposed for ten days from now on by the server\'s clock, also in a browser whose clock is %s', async (_what, error) => {
      vi.useFakeTimers({ now: NOW + error, toFake: ['Date'] })
      expect(await timesProposed()).toEqual([NOW, NOW + 10 * DAY])
    })

  it.each<[string, string, string]>([
    ['Europe/Berlin', 'summer time begins', '2026-03-25T12:00:00.000Z'], ['Europe/Berlin', 'summer time ends', '2026-10-20T12:00:00.000Z'],
    ['Australia/Lord_Howe', 'half an hour is gained', '2026-03-30T12:00:00.000Z'], ['Asia/Kolkata', 'nothing changes', '2026-03-25T12:00:00.000Z'],
  ])('is proposed for the same ten days in %s, although meanwhile %s', async (zone, _what, now) => {
    useBrowserZone(zone)
    useNow().value = Date.parse(now)
    expect(await timesProposed()).toEqual([Date.parse(now), Date.parse(now) + 10 * DAY])
  })
})
