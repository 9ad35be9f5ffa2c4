import type { ComputedRef } from 'vue'
import { configProviderKey, defaultConfigProvider } from 'ant-design-vue/es/config-provider/context'

/**
 * Tells ant-design-vue's components the direction, as its ConfigProvider would; that one brings every component's words and
 * looks with it, which are compiled into a stylesheet here (build/component-styles.ts).
 */
export function provideComponentConfig(direction: ComputedRef<'ltr' | 'rtl'>) {
  provide(configProviderKey, {
    ...defaultConfigProvider,
    direction,
    // Two Chinese characters stay a word.
    autoInsertSpaceInButton: computed(() => false),
    // The wave of a click is drawn beside its button, past the edge of a narrow page.
    wave: computed(() => ({ disabled: true })),
  })
}
