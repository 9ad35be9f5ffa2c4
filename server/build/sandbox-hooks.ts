import { fileURLToPath } from 'node:url'
import { addTypeTemplate, defineNuxtModule } from 'nuxt/kit'

const pathOf = (file: string) => fileURLToPath(new URL(`../sandbox/${file}`, import.meta.url))

const DECLARATIONS = `declare module '#sandbox-hooks' {
  /** Null in the vendor's build. */
  export const sandboxHooks: import('${fileURLToPath(new URL('../runtime/sandbox-hooks.ts', import.meta.url)).replace(/\.ts$/, '')}').SandboxHooks | null
}
`

/** Compiles server/sandbox into a sandbox build, and leaves every byte of it out of the vendor's. */
export default defineNuxtModule<{ sandbox: boolean }>({
  meta: { name: 'sandbox-hooks' },
  setup({ sandbox }, nuxt) {
    addTypeTemplate({ filename: 'types/sandbox-hooks.d.ts', getContents: () => DECLARATIONS }, { nitro: true, nuxt: true, node: true })
    nuxt.options.nitro.virtual = {
      ...nuxt.options.nitro.virtual,
      '#sandbox-hooks': sandbox ? `export { sandboxHooks } from ${JSON.stringify(pathOf('hooks.ts'))}` : 'export const sandboxHooks = null',
    }
    if (sandbox) nuxt.options.nitro.plugins = [...nuxt.options.nitro.plugins ?? [], pathOf('plugin.ts')]
  },
})
