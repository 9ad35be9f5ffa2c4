declare const __I18N_LOCALE_HASHES__: Record<string, string>

/** Asks for the words of the language together with the scripts; else they are asked for only when those run. */
export function useWordsPreload() {
  const { locale } = useI18n()
  const address = useAddress()
  // Compiled in by @nuxtjs/i18n; should it be renamed one day, only this head start is lost.
  const hash = typeof __I18N_LOCALE_HASHES__ === 'undefined' ? undefined : __I18N_LOCALE_HASHES__[locale.value]
  if (!hash || import.meta.client) return
  useHead({
    link: [{
      rel: 'preload', as: 'fetch', crossorigin: 'anonymous', fetchpriority: 'low', href: address(`/_i18n/${hash}/${locale.value}/messages.json`),
    }],
  })
}
