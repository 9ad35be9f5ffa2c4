import { useI18n } from '#imports'
import { computed, markRaw, ref } from 'vue'
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

/** Switches the page to another language once its words have arrived; until then, or if they never do, the page stays as it is. */
export function useLanguageSwitch() {
  const i18n = useI18n()
  const cookie = useLanguageCookie()
  const wanted = ref<LanguageCode | null>(null)
  const failed = ref<LanguageCode | null>(null)
  let waiting = new AbortController()

  async function load(code: LanguageCode, ending: AbortController) {
    if (i18n.availableLocales.includes(code)) return
    const timer = setTimeout(() => ending.abort(), SWITCH_PATIENCE)
    const words = await fetchWords(addresses[code], ending.signal).finally(() => clearTimeout(timer))
    i18n.setLocaleMessage(code, markRaw(words))
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
    if (!isThere) failed.value = code
    else cookie.value = i18n.locale.value = code
  }

  return { wanted, failed, switchTo }
}
