import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { COLOR_MODES, useColorMode } from '../../../../app/composables/useColorMode.ts'
import { useTextCookie } from '../../../../app/composables/useTextCookie.ts'
import { SEEN_SCHEME_COOKIE } from '../../../../app/first-paint/head-scripts.ts'
import { openFreshPage } from '../../../support/app/nuxt-imports.ts'

let dark: EventTarget & { matches: boolean }
beforeEach(() => {
  openFreshPage()
  dark = Object.assign(new EventTarget(), { matches: false })
  vi.stubGlobal('window', { matchMedia: () => dark })
})
afterEach(() => vi.unstubAllGlobals())

const seen = () => useTextCookie(SEEN_SCHEME_COOKIE)
/** What the system prefers from now on. */
function prefer(scheme: 'light' | 'dark'): void {
  dark.matches = scheme === 'dark'
  dark.dispatchEvent(new Event('change'))
}

describe('the colours of the page', () => {
  it.each([
    ['light', 'dark', 'light'], ['dark', 'light', 'dark'], ['system', 'dark', 'dark'], ['system', 'light', 'light'],
    [undefined, 'dark', 'dark'], ['sepia', 'dark', 'dark'],
  ] as const)('with %j chosen, in a system that prefers %s, are %s', (chosen, system, expected) => {
    useTextCookie('nc-color-mode').value = chosen
    dark.matches = system === 'dark'
    const { scheme, follow } = useColorMode()
    follow()
    expect(scheme.value).toBe(expected)
  })

  it('are, on the server, those that this browser preferred on its last visit', () => {
    seen().value = 'dark'
    const { scheme, isGuess } = useColorMode()
    expect([scheme.value, isGuess]).toEqual(['dark', false])
  })

  it.each([[undefined, true], ['system', true], ['light', false], ['dark', false]])('with %j chosen, are a guess on a first visit: %j', (chosen, expected) => {
    useTextCookie('nc-color-mode').value = chosen
    expect(useColorMode().isGuess).toBe(expected)
  })

  it.each(COLOR_MODES)('as the system changes its mind, with %s chosen: the next page begins with what it prefers by then', (chosen) => {
    useTextCookie('nc-color-mode').value = chosen
    const { scheme, follow } = useColorMode()
    follow()
    expect(seen().value).toBe('light')
    for (const preferred of ['dark', 'light'] as const) {
      prefer(preferred)
      expect([scheme.value, seen().value]).toEqual([chosen === 'system' ? preferred : chosen, preferred])
    }
  })

  it('that somebody chooses are remembered', () => {
    const { mode } = useColorMode()
    mode.value = 'dark'
    expect([useTextCookie('nc-color-mode').value, useColorMode().scheme.value]).toEqual(['dark', 'dark'])
  })
})
