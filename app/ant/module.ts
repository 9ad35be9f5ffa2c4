import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { addComponent, addTemplate, addVitePlugin, defineNuxtModule } from '@nuxt/kit'
import { COMPONENTS, REPLACED, UNCHECKED_PROPS } from './library-parts.ts'

const COMPILER = fileURLToPath(new URL('compile-styles.ts', import.meta.url))

// Every browser that runs this page has it.
const POLYFILL = 'resize-observer-polyfill'
const NATIVE = '\0native-resize-observer'

/** Brings in what is used of ant-design-vue, and compiles its styles into one stylesheet (README). */
export default defineNuxtModule({
  meta: { name: 'components' },
  setup(_options, nuxt) {
    for (const { name, file } of COMPONENTS) addComponent({ name: `A${name}`, filePath: `ant-design-vue/es/${file}.js` })
    addTemplate({
      filename: 'component-styles.css', write: true,
      getContents: () => execFileSync(process.execPath, [COMPILER], { encoding: 'utf8', maxBuffer: 2 ** 24 }),
    })
    nuxt.options.build.transpile.push('ant-design-vue', '@ant-design/icons-vue')
    const replaced = nuxt.options.dev ? REPLACED : [...REPLACED, UNCHECKED_PROPS]
    addVitePlugin({
      name: 'library-parts',
      enforce: 'pre',
      load: id => replaced.find(part => part.id.test(id))?.by,
    })
    addVitePlugin({
      name: 'native-resize-observer',
      enforce: 'pre',
      resolveId: id => id === POLYFILL ? NATIVE : undefined,
      load: id => id === NATIVE ? 'export default globalThis.ResizeObserver' : undefined,
    }, { server: false })
  },
})
