import type { Ref } from 'vue'
import { isRef, shallowRef } from 'vue'
import type { Composer } from 'vue-i18n'
import { createI18n } from 'vue-i18n'
import plurals from '../../../app/words/plurals.ts'
import { readLocale } from './locales.ts'

/*
 * What app/ imports from Nuxt (`#imports`), for stores and composables that are tested without it: a browser's page that
 * has been hydrated. Everything else of the app is the app's own.
 */

declare global {
  interface ImportMeta { readonly client: boolean, readonly server: boolean }
}

const page = { states: new Map<string, Ref>(), cookies: new Map<string, Ref>(), i18n: i18nOf('en'), hydrating: false }

function i18nOf(locale: string): Composer {
  return createI18n({ legacy: false, locale, messages: { [locale]: readLocale(locale) }, ...plurals }).global
}

/** A page that nothing has been done on yet, in this language. */
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
