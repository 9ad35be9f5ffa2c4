import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineNuxtModule } from 'nuxt/kit'
import { styleRulesOf } from './style-rules.ts'

/** Hands the stylesheet over to the server as `#page-styles`, by the name of its file. In development there is none. */
export default defineNuxtModule({
  meta: { name: 'page-styles' },
  setup(_options, nuxt) {
    const files = new Map<string, string>()
    nuxt.options.nitro.virtual = {
      ...nuxt.options.nitro.virtual,
      '#page-styles': () => {
        const rules = Object.fromEntries([...files].map(([name, css]) => [name, styleRulesOf(css)]))
        return `export default ${JSON.stringify(rules)}`
      },
    }
    nuxt.hook('nitro:build:before', ({ options: { publicAssets } }) => {
      for (const { dir } of publicAssets) {
        const names = existsSync(dir) ? readdirSync(dir).filter(name => name.endsWith('.css')) : []
        for (const name of names) files.set(name, readFileSync(join(dir, name), 'utf8'))
      }
    })
  },
})
