/** The languages of the screen, each with a file in app/locales; the first is the fallback. */
export const LANGUAGES = [
  { code: 'en', name: 'English', direction: 'ltr' },
  { code: 'de', name: 'Deutsch', direction: 'ltr' },
  { code: 'fr', name: 'Français', direction: 'ltr' },
  { code: 'es', name: 'Español', direction: 'ltr' },
  { code: 'pt-BR', name: 'Português (Brasil)', direction: 'ltr' },
  { code: 'ja', name: '日本語', direction: 'ltr' },
  { code: 'zh-CN', name: '简体中文', direction: 'ltr' },
  { code: 'ar', name: 'العربية', direction: 'rtl' },
] as const

export type LanguageCode = (typeof LANGUAGES)[number]['code']

/** The language with exactly this code, undefined if it isn't one of ours. */
export function languageOf(code: string | undefined) {
  return LANGUAGES.find(language => language.code === code)
}
