import type { LanguageCode } from '../../../app/words/languages.ts'

/* Stands in for `#build/words`: where a build keeps the words of each language. */
export const addresses: Readonly<Record<LanguageCode, string>> = {
  'en': '/words/en.json', 'de': '/words/de.json', 'fr': '/words/fr.json', 'es': '/words/es.json', 'pt-BR': '/words/pt-BR.json',
  'ja': '/words/ja.json', 'zh-CN': '/words/zh-CN.json', 'ar': '/words/ar.json',
}
