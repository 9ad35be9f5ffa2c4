import type { Ref } from 'vue'
import { isRef, shallowRef } from 'vue'
import type { Composer } from 'vue-i18n'
import { createI18n } from 'vue-i18n'
import plurals from '../../../app/words/plurals.ts'
import { readLocale } from './locales.ts'

/*
 * Stands in for `#imports`, so that stores and composables can be tested without Nuxt. It behaves like a page in the browser
 * after hydration; everything else in the tests is the app's own code.
 */

declare global {
  interface ImportMeta { readonly client: boolean, readonly server: boolean }
}

const page = { states: new Map<string, Ref>(), cookies: new Map<string, Ref>(), i18n: i18nOf('en'), hydrating: false }

function i18nOf(locale: string): Composer {
  return createI18n({ legacy: false, locale, messages: { [locale]: readLocale(locale) }, ...plurals }).global
}

/** Starts over with a fresh page in this language. */
export function openFreshPage(locale = 'en'): void {
  Object.assign(page, { states: new Map(), cookies: new Map(), i18n: i18nOf(locale), hydrating: false })
}

export const useI18n = (): Composer => page.i18n
export const useNuxtApp = () => ({ isHydrating: page.hydrating })
export const useRequestEvent = (): { fetch: (path: string, init: RequestInit) => Promise<Response> } | undefined => undefined
export const useRuntimeConfig = () => ({ app: { baseURL: '/' } })

export function useState<T>(key: string, init: () => T | Ref<T>): Ref<T> {
  return remembered<T>(page.states, key, init)
}

interface CookieOptions<T> { maxAge: number, sameSite: 'lax', path: string, decode: (value: string) => T, encode: (value: T) => string }

export function useCookie<T>(name: string, _options: CookieOptions<T>): Ref<T | undefined> {
  return remembered<T | undefined>(page.cookies, name, () => undefined)
}

function remembered<T>(kept: Map<string, Ref>, key: string, init: () => T | Ref<T>): Ref<T> {
  const known: Ref<T> | undefined = kept.get(key)
  if (known) return known
  const first = init()
  const made: Ref<T> = isRef(first) ? first : shallowRef(first)
  kept.set(key, made)
  return made
}
