import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { addTemplate, addVitePlugin, defineNuxtModule } from '@nuxt/kit'

const COMPILER = fileURLToPath(new URL('compile-styles.ts', import.meta.url))
const STYLE_MODULE = /\/ant-design-vue\/es\/(?:[\w-]+|_util\/wave)\/style(?:\/index)?\.js$/

// The two names are asked for where nothing is used of them.
const NO_STYLE = `const none = () => [node => node, { value: '' }]
export { none as default, none as useRowStyle, none as useColStyle }`

/**
 * ant-design-vue is CSS-in-JS: its styles are worked out anew in every browser and on every render, and weigh more than the
 * components. Here they are compiled into a stylesheet, and what makes them is left out of the program.
 */
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
  },
})
