import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope } from 'vue'
import { useLanguage, useLanguageCookie, useLanguageSwitch } from '../../../../app/composables/useLanguage.ts'
import type { LanguageCode } from '../../../../app/words/languages.ts'
import { LANGUAGES } from '../../../../app/words/languages.ts'
import { readLocale } from '../../../support/app/locales.ts'
import { openFreshPage } from '../../../support/app/nuxt-imports.ts'

interface Asked { address: string, answer: () => void }

let asked: Asked[]
beforeEach(() => {
  vi.useFakeTimers()
  openFreshPage()
  asked = []
  const window = new EventTarget()
  vi.stubGlobal('addEventListener', window.addEventListener.bind(window))
  vi.stubGlobal('removeEventListener', window.removeEventListener.bind(window))
  vi.stubGlobal('fetch', (address: string, { signal }: { signal: AbortSignal }) => new Promise<Response>((resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('aborted')))
    asked.push({ address, answer: () => resolve(Response.json(readLocale(address.replace(/^\/words\/|\.json$/g, '')))) })
  }))
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const PATIENCE = 15_000
/** The language on the screen, the one that is remembered, the one that is waited for, and the one that did not come. */
function openPage() {
  const { language } = useLanguage()
  const { wanted, failed, switchTo } = useLanguageSwitch()
  const cookie = useLanguageCookie()
  return { switchTo, seen: () => [language.value.code, cookie.value, wanted.value, failed.value] }
}
const wordsOf = (code: LanguageCode) => asked.find(({ address }) => address === `/words/${code}.json`)

describe('another language', () => {
  it.each(LANGUAGES.filter(({ code }) => code !== 'en'))('$code is shown and remembered once its words are here', async ({ code }) => {
    const { switchTo, seen } = openPage()
    const switching = switchTo(code)
    expect(seen()).toEqual(['en', undefined, code, null])
    wordsOf(code)?.answer()
    await switching
    expect(seen()).toEqual([code, code, null, null])
  })

  it('whose words are here already is not asked for again', async () => {
    const { switchTo, seen } = openPage()
    const switching = switchTo('de')
    wordsOf('de')?.answer()
    await switching
    await switchTo('en')
    await switchTo('de')
    expect([asked.length, seen()]).toEqual([1, ['de', 'de', null, null]])
  })

  it('whose words do not come is not remembered either, so that the next page is in the language of this one', async () => {
    const { switchTo, seen } = openPage()
    const switching = switchTo('de')
    await vi.advanceTimersByTimeAsync(PATIENCE)
    await switching
    expect(seen()).toEqual(['en', undefined, null, 'de'])
  })

  it('that was chosen since is the one that counts, in whatever order they come', async () => {
    const { switchTo, seen } = openPage()
    const first = switchTo('de')
    const second = switchTo('fr')
    wordsOf('fr')?.answer()
    await second
    wordsOf('de')?.answer()
    await first
    expect(seen()).toEqual(['fr', 'fr', null, null])
  })

  it('that was chosen on a page which was left since is shown and remembered on the next one, unless another is chosen there', async () => {
    const left = effectScope()
    const page = left.run(openPage)
    const first = page?.switchTo('de')
    left.stop()
    const next = openPage()
    expect(next.seen()).toEqual(['en', undefined, 'de', null])
    const second = next.switchTo('fr')
    wordsOf('de')?.answer()
    await first
    expect(next.seen()).toEqual(['en', undefined, 'fr', null])
    wordsOf('fr')?.answer()
    await second
    expect(next.seen()).toEqual(['fr', 'fr', null, null])
  })

  it('that did not come is told on the page where it was chosen, not on the next', async () => {
    const left = effectScope()
    const failing = left.run(openPage)?.switchTo('de')
    await vi.advanceTimersByTimeAsync(PATIENCE)
    await failing
    left.stop()
    expect(openPage().seen()).toEqual(['en', undefined, null, null])
  })

  it('that is chosen after one that did not come takes back that it did not', async () => {
    const { switchTo, seen } = openPage()
    const failing = switchTo('de')
    await vi.advanceTimersByTimeAsync(PATIENCE)
    await failing
    const switching = switchTo('fr')
    expect(seen()).toEqual(['en', undefined, 'fr', null])
    wordsOf('fr')?.answer()
    await switching
    expect(seen()).toEqual(['fr', 'fr', null, null])
  })
})
