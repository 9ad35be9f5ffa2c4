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

const page = {
  states: new Map<string, Ref>(), cookies: new Map<string, Ref>(), options: new Map<string, CookieAttributes>(),
  i18n: i18nOf('en'), hydrating: false, baseURL: '/',
}

function i18nOf(locale: string): Composer {
  return createI18n({ legacy: false, locale, messages: { [locale]: readLocale(locale) }, ...plurals }).global
}

/** Starts over with a fresh page in this language, below this base path. */
export function openFreshPage(locale = 'en', baseURL = '/'): void {
  Object.assign(page, { states: new Map(), cookies: new Map(), options: new Map(), i18n: i18nOf(locale), hydrating: false, baseURL })
}

/** How a cookie of the page is kept: `maxAge` in seconds. */
export function attributesOfCookie(name: string): CookieAttributes | undefined {
  return page.options.get(name)
}

export const useI18n = (): Composer => page.i18n
export const useNuxtApp = () => ({ isHydrating: page.hydrating, runWithContext: <T>(act: () => T): T => act() })
export const useRequestEvent = (): { fetch: (path: string, init: RequestInit) => Promise<Response> } | undefined => undefined
export const useRuntimeConfig = () => ({ app: { baseURL: page.baseURL } })

export function useState<T>(key: string, init: () => T | Ref<T>): Ref<T> {
  return remembered<T>(page.states, key, init)
}

interface CookieAttributes { maxAge: number, sameSite: 'lax', path: string }
interface CookieOptions<T> extends CookieAttributes { decode: (value: string) => T, encode: (value: T) => string }

export function useCookie<T>(name: string, { maxAge, sameSite, path }: CookieOptions<T>): Ref<T | undefined> {
  page.options.set(name, { maxAge, sameSite, path })
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
