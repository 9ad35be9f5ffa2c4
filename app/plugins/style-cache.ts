import { createCache, extractStyle } from 'ant-design-vue'

/** One cache of component styles per render; what a render used is inlined in its head, and hydration finds it there. */
export default defineNuxtPlugin((nuxtApp) => {
  const cache = createCache()
  if (import.meta.server) {
    nuxtApp.hook('app:rendered', () => {
      useHead({ style: [{ innerHTML: extractStyle(cache, true), tagPosition: 'head' }] })
    })
  }
  return { provide: { styleCache: cache } }
})
