import { createI18n } from 'vue-i18n'
import { addresses, readWords } from '#build/words'
import plurals from '~/words/plurals'
import { fetchWords, isWords } from '~/words/fetch-words'
import type { Words } from '~/words/fetch-words'
import type { LanguageCode } from '~/words/languages'
import { negotiateLanguage } from '~/words/negotiate'

async function wordsOf(code: LanguageCode): Promise<Words> {
  const words = import.meta.server ? await readWords(code) : await fetchWords(addresses[code])
  if (!isWords(words)) throw new Error(`There are no words for ${code} in this build.`)
  // Read-only, and on the server shared by all requests, so Vue needn't make it reactive.
  return markRaw(words)
}

/** Loads the words of the page's language. In the browser hydration waits for them, so the server's page stays until then. */
export default defineNuxtPlugin({
  name: 'words',
  enforce: 'pre',
  async setup(nuxtApp) {
    const chosen = useLanguageCookie()
    const asked = import.meta.server ? useRequestHeader('accept-language') ?? '' : navigator.languages.join(',')
    const language = useState('language', () => negotiateLanguage(chosen.value ?? undefined, asked))
    const locale = language.value
    // Fetched along with the scripts (server/plugins/start-after-paint.ts) instead of only once those run.
    if (import.meta.server) {
      useHead({ link: [{ rel: 'preload', as: 'fetch', crossorigin: 'anonymous', href: addresses[locale] }] })
    }
    nuxtApp.vueApp.use(createI18n({
      legacy: false, globalInjection: false, locale, fallbackLocale: false, messages: { [locale]: await wordsOf(locale) }, ...plurals,
    }))
  },
})
