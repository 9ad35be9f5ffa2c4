import { createCache, extractStyle } from 'ant-design-vue'

interface Sheet { cache: ReturnType<typeof createCache>, size: number, text: string }

/* ant-design-vue works its styles out while rendering. On the server that is done once per colour scheme, not per page. */
const sheets = new Map<string, Sheet>()

function sheetOf(scheme: string): Sheet {
  const known = sheets.get(scheme) ?? { cache: createCache(), size: 0, text: '' }
  sheets.set(scheme, known)
  return known
}

function textOf(sheet: Sheet): string {
  const { size } = sheet.cache.cache
  if (size !== sheet.size) Object.assign(sheet, { size, text: extractStyle(sheet.cache, true) })
  return sheet.text
}

/** Provides the cache of component styles; what the server's has is inlined in the head, and hydration finds it there. */
export default defineNuxtPlugin((nuxtApp) => {
  if (import.meta.client) return { provide: { styleCache: createCache() } }
  const { scheme } = useColorMode()
  const sheet = sheetOf(scheme.value)
  nuxtApp.hook('app:rendered', () => {
    useHead({ style: [{ innerHTML: textOf(sheet), tagPosition: 'head' }] })
  })
  return { provide: { styleCache: sheet.cache } }
})
