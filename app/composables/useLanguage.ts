import { useI18n, useNuxtApp, useState } from '#imports'
import { computed, effectScope, markRaw, onScopeDispose } from 'vue'
import { addresses } from '#build/words'
import { fetchWords } from '~/words/fetch-words'
import type { LanguageCode } from '~/words/languages'
import { LANGUAGES, languageOf } from '~/words/languages'
import { useTextCookie } from './useTextCookie'

/** How long a switch waits for its words before giving up, ms. */
const SWITCH_PATIENCE = 15_000

/** Remembers the language chosen on the screen. */
export const useLanguageCookie = () => useTextCookie('nc-locale')

/** The language the page is in. */
export function useLanguage() {
  const { locale } = useI18n()
  const language = computed(() => languageOf(locale.value) ?? LANGUAGES[0])
  return { language }
}

/** Ends the latest wait for words, on whichever page it began. Changed in the browser only. */
let waiting = new AbortController()

/**
 * Switches to another language once its words have arrived; until then, or if they never do, everything stays as it is. A choice
 * outlives the page that it was made on.
 */
export function useLanguageSwitch() {
  const i18n = useI18n()
  const nuxtApp = useNuxtApp()
  const wanted = useState<LanguageCode | null>('language-wanted', () => null)
  const failed = useState<LanguageCode | null>('language-failed', () => null)
  // The next page is in the language of this one, and has nothing to say about it.
  onScopeDispose(() => { failed.value = null }, true)

  async function load(code: LanguageCode, ending: AbortController) {
    if (i18n.availableLocales.includes(code)) return
    const timer = setTimeout(() => ending.abort(), SWITCH_PATIENCE)
    const words = await fetchWords(addresses[code], ending.signal).finally(() => clearTimeout(timer))
    i18n.setLocaleMessage(code, markRaw(words))
  }

  /** A cookie is written as long as the scope lives that asked for it. That of the page may be gone. */
  function remember(code: LanguageCode) {
    const scope = effectScope(true)
    scope.run(() => void nuxtApp.runWithContext(() => { useLanguageCookie().value = code }))
    scope.stop()
  }

  async function switchTo(code: LanguageCode) {
    // The latest choice wins.
    waiting.abort()
    const mine = waiting = new AbortController()
    wanted.value = code
    failed.value = null
    const isThere = await load(code, mine).then(() => true, () => false)
    if (mine !== waiting) return
    wanted.value = null
    if (!isThere) {
      failed.value = code
      return
    }
    i18n.locale.value = code
    remember(code)
  }

  return { wanted, failed, switchTo }
}
