import type { ComputedRef } from 'vue'
import { configProviderKey, defaultConfigProvider } from 'ant-design-vue/es/config-provider/context'

/**
 * Tells ant-design-vue's components the page's direction. The library's own ConfigProvider could, but would bring in the
 * words and styles of all its components.
 */
export function provideComponentConfig(direction: ComputedRef<'ltr' | 'rtl'>) {
  provide(configProviderKey, {
    ...defaultConfigProvider,
    direction,
    // Don't space out labels of two Chinese characters: each is one word.
    autoInsertSpaceInButton: computed(() => false),
  })
}
