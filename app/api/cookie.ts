import type { CookieOptions, CookieRef } from '#app'
import { useCookie as useNuxtCookie } from '#app'

/**
 * Nuxt's, for this panel's base path alone: other applications of the same host neither get these cookies nor share them.
 * nuxt.config.ts puts it in the place of the one that is imported by itself, in modules too.
 */
export function useCookie<T = string | null | undefined>(name: string, options: CookieOptions<T> = {}): CookieRef<T> {
  return useNuxtCookie<T>(name, { ...options, readonly: false, path: useRuntimeConfig().app.baseURL })
}
