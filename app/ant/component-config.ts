import type { ComputedRef } from 'vue'
import { configProviderKey, defaultConfigProvider } from 'ant-design-vue/es/config-provider/context'

/**
 * Tells ant-design-vue's components the direction of the page. The library's own ConfigProvider would too, but brings the
 * words and looks of all its components along.
 */
export function provideComponentConfig(direction: ComputedRef<'ltr' | 'rtl'>) {
  provide(configProviderKey, {
    ...defaultConfigProvider,
    direction,
    // A label of two Chinese characters is one word.
    autoInsertSpaceInButton: computed(() => false),
    // A click's wave is drawn around its button, past the edge of a narrow page.
    wave: computed(() => ({ disabled: true })),
  })
}
