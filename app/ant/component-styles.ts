import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { addTemplate, addVitePlugin, defineNuxtModule } from '@nuxt/kit'

const COMPILER = fileURLToPath(new URL('compile-styles.ts', import.meta.url))
const STYLE_MODULE = /\/ant-design-vue\/es\/(?:[\w-]+|_util\/wave)\/style(?:\/index)?\.js$/

// Some components import the two named exports but use neither.
const NO_STYLE = `const none = () => [node => node, { value: '' }]
export { none as default, none as useRowStyle, none as useColStyle }`

// Every browser that runs this page has it.
const POLYFILL = 'resize-observer-polyfill'
const NATIVE = '\0native-resize-observer'

/** Compiles ant-design-vue's styles into one stylesheet and keeps the code that generates them out of the bundles (README). */
export default defineNuxtModule({
  meta: { name: 'component-styles' },
  setup(_options, nuxt) {
    addTemplate({ filename: 'component-styles.css', write: true, getContents: () => execFileSync(process.execPath, [COMPILER], { encoding: 'utf8', maxBuffer: 2 ** 24 }) })
    nuxt.options.build.transpile.push('ant-design-vue')
    addVitePlugin({
      name: 'component-styles',
      enforce: 'pre',
      load: id => STYLE_MODULE.test(id) ? NO_STYLE : undefined,
    })
    addVitePlugin({
      name: 'native-resize-observer',
      enforce: 'pre',
      resolveId: id => id === POLYFILL ? NATIVE : undefined,
      load: id => id === NATIVE ? 'export default globalThis.ResizeObserver' : undefined,
    }, { server: false })
  },
})
