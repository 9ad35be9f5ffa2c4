import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { addTypeTemplate, defineNuxtModule } from 'nuxt/kit'
import { buildCommit } from './commit.ts'
import { readJson, sandboxKey, vendorKeys } from './key-files.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const packageFile = fileURLToPath(new URL('../../package.json', import.meta.url))

/* The pages know the types of the routes, and through them everything the server imports. */
const promClientTypes = new URL('../runtime/prom-client.d.ts', import.meta.url)

const DECLARATIONS = `/** True in a build that trusts the sandbox key; replaced at build time. */
declare const __SANDBOX_BUILD__: boolean
/** Version and commit, for people; replaced at build time. */
declare const __BUILD_VERSION__: string

declare module '#license-build' {
  /** The vendor's public keys that this build trusts. No others are ever trusted. */
  export const jwks: { keys: { kty: 'OKP', crv: 'Ed25519', x: string, kid: string }[] }
  /** True when the trusted key is the sandbox key, whose private half is public. */
  export const sandbox: boolean
  export const version: string
  /** The commit it was built from: twelve hex digits, with +dirty if files differed; unknown without git. */
  export const commit: string
}
`

/**
 * Compiles the trusted keys into the server as `#license-build`: the sandbox key in a sandbox build, else the keys in
 * NC_LICENSE_JWKS_FILE. Nothing at run time can add one.
 */
export default defineNuxtModule<{ sandbox: boolean }>({
  meta: { name: 'trusted-keys' },
  setup({ sandbox }, nuxt) {
    const keys = nuxt.options._prepare
      ? { keys: [] }
      : sandbox ? { keys: [sandboxKey()] } : vendorKeys(process.env.NC_LICENSE_JWKS_FILE)
    if (typeof keys === 'string') {
      process.stderr.write(`${keys}\n`)
      process.exit(1)
    }
    addTypeTemplate({ filename: 'types/license-build.d.ts', getContents: () => DECLARATIONS }, { nitro: true, nuxt: true, node: true })
    addTypeTemplate({ filename: 'types/prom-client.d.ts', getContents: () => readFileSync(promClientTypes, 'utf8') }, { nuxt: true })
    const version = String(Object(readJson(packageFile)).version)
    const commit = buildCommit(root, process.env.NC_BUILD_COMMIT)
    nuxt.options.vite.define = { ...nuxt.options.vite.define, __BUILD_VERSION__: JSON.stringify(`${version} (${commit})`) }
    nuxt.options.nitro.virtual = {
      ...nuxt.options.nitro.virtual,
      '#license-build': `export const jwks = ${JSON.stringify(keys)}
export const sandbox = ${JSON.stringify(sandbox)}
export const version = ${JSON.stringify(version)}
export const commit = ${JSON.stringify(commit)}`,
    }
  },
})
