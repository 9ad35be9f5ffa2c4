import { fileURLToPath } from 'node:url'
import components from './app/ant/module.ts'
import typeface from './app/first-paint/typeface.ts'
import words from './app/words/module.ts'
import { guardEntry } from './server/build/entry.ts'
import pageStyles from './server/build/page-styles.ts'
import sandboxHooks from './server/build/sandbox-hooks.ts'
import trustedKeys from './server/build/trusted-keys.ts'

/* Two builds that cannot overwrite each other: the vendor's, and the sandbox's for trials and tests. */
const sandbox = process.env.NC_LICENSE_BUILD === 'sandbox'

const pathOf = (file: string) => fileURLToPath(new URL(file, import.meta.url))

/* What the License page does not need at first, or not at all; the other pages are files of their own as well. */
const LATER = new RegExp(`[\\\\/](${[
  '(QrCode|(Mail|Replace|Remove|Confirm|Modal)Dialog|WhatIf|RehearsedStates|OfflineRequest|TroubleshootingCard|RenewalCard|ErrorEntries|AddressHint|PutBack|WarningList|GraceStretch|ReplicasDisagree)\\.vue',
  'layouts[\\\\/]default\\.vue', '(activity-days|useActivationRequest|setup-token|password)\\.ts', 'stores[\\\\/](accounts|activity)\\.ts',
].join('|')})`)
const FIRST = /[\\/]app[\\/](components[\\/](common|license|shell)|composables|stores|api|license|layouts|pages[\\/]admin[\\/]license)|[\\/]shared[\\/]/
const isOfFirstLoad = (id: string) => FIRST.test(id) && !LATER.test(id)

export default defineNuxtConfig({
  compatibilityDate: '2026-11-01',
  modules: [
    [trustedKeys, { sandbox }],
    [sandboxHooks, { sandbox }],
    components,
    typeface,
    words,
    pageStyles,
    '@pinia/nuxt',
    'nuxt-security',
  ],
  devtools: { enabled: false },
  telemetry: false,
  imports: { scan: true, dirs: ['api'], presets: [{ from: 'vue-i18n', imports: ['useI18n'] }] },
  typescript: {
    strict: true,
    tsConfig: { compilerOptions: { allowImportingTsExtensions: true, noUncheckedIndexedAccess: true } },
  },
  vite: {
    build: { cssCodeSplit: false },
    // Few files, each a task of its own when it is read (server/plugins/start-after-paint.ts).
    $client: {
      build: {
        rolldownOptions: {
          // What nobody imports of these need not run either; the list of exports that a module reads would keep all of it.
          treeshake: { moduleSideEffects: [{ test: /[\\/]nuxt[\\/]dist[\\/]app[\\/](index|composables[\\/]\w+)\.js$/, sideEffects: false }] },
          output: {
            chunkFileNames: chunk => chunk.name.startsWith('library') ? '_nuxt/library.[hash].js' : '_nuxt/[hash].js',
            codeSplitting: {
              groups: [
                { name: 'library-vue', test: /node_modules[\\/](@vue|vue|vue-router|pinia|devalue|hookable|ofetch|ufo|defu|unhead|@unhead)[\\/]/ },
                { name: 'library-words', test: /node_modules[\\/](@intlify|vue-i18n)[\\/]/ },
                { name: 'library-looks', test: /node_modules[\\/](ant-design-vue|@ant-design|@lucide|@babel|lodash-es|dayjs|resize-observer-polyfill|@emotion|stylis)[\\/]/ },
                { name: 'screen', test: isOfFirstLoad },
              ],
            },
          },
        },
      },
    },
    define: {
      __SANDBOX_BUILD__: JSON.stringify(sandbox),
      // What tests run against says which text or element differs from what the server rendered.
      __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: JSON.stringify(sandbox),
      // Of vue-i18n only what composes messages: they come compiled (app/words/module.ts).
      __VUE_I18N_FULL_INSTALL__: 'false',
      __VUE_I18N_LEGACY_API__: 'false',
      // In development its absence is a warning for each of them.
      __INTLIFY_DROP_MESSAGE_COMPILER__: String(process.env.NODE_ENV !== 'development'),
      __INTLIFY_PROD_DEVTOOLS__: 'false',
    },
  },
  css: ['#build/component-styles.css', '~/assets/main.css'],
  // One stylesheet: pages share most of it.
  features: { inlineStyles: false },
  experimental: { appManifest: false },
  security: {
    // Headers and the nonce only: limits and body sizes are handled where the truth about client and bytes is known.
    rateLimiter: false,
    requestSizeLimiter: false,
    xssValidator: false,
    corsHandler: false,
    allowedMethodsRestricter: false,
    headers: {
      contentSecurityPolicy: {
        'default-src': ['\'self\''],
        'base-uri': ['\'none\''],
        'object-src': ['\'none\''],
        'form-action': ['\'self\''],
        'frame-ancestors': ['\'none\''],
        'font-src': ['\'self\''],
        'img-src': ['\'self\'', 'data:'],
        'connect-src': ['\'self\''],
        'script-src': ['\'self\'', '\'nonce-{{nonce}}\''],
        'script-src-attr': ['\'none\''],
        // ant-design-vue is CSS-in-JS.
        'style-src': ['\'self\'', '\'unsafe-inline\''],
        'upgrade-insecure-requests': false,
      },
      crossOriginEmbedderPolicy: false,
      // Sent by server/plugins/headers.ts where browsers heed them.
      crossOriginOpenerPolicy: false,
      originAgentCluster: false,
      strictTransportSecurity: false,
      referrerPolicy: 'no-referrer',
      xFrameOptions: 'DENY',
      xXSSProtection: '0',
    },
  },
  routeRules: {
    '/**': { headers: { 'cache-control': 'no-store' } },
    '/_nuxt/**': { headers: { 'cache-control': 'public, max-age=31536000, immutable' } },
  },
  nitro: {
    output: { dir: sandbox ? '.output-sandbox' : '.output' },
    imports: false,
    // For the top-level await of server/plugins/0.command.ts.
    esbuild: { options: { target: 'es2022' } },
    // Written in hundreds of small modules, the reading of which took more than a quarter of a start.
    externals: { inline: ['kysely', 'zod', 'jose', 'lru-cache', 'ipaddr.js'] },
    compressPublicAssets: { gzip: true, brotli: true },
    typescript: { tsConfig: { compilerOptions: { allowImportingTsExtensions: true } } },
    hooks: {
      compiled: ({ options: { dev, output } }) => {
        if (!dev) guardEntry(output.serverDir, output.publicDir)
      },
    },
  },
  hooks: {
    // What opens later must not compete with what is shown: the pages load it once they are idle.
    'build:manifest': (manifest) => {
      for (const file of Object.values(manifest)) file.prefetch = false
    },
    'nitro:config': (nitro) => {
      // It listens when it can answer; in development Nitro listens, and reloads.
      if (!nitro.dev) nitro.entry = pathOf('server/entry.ts')
      nitro.errorHandler = [pathOf('server/http/error-handler.ts'), ...[nitro.errorHandler ?? []].flat()]
    },
  },
})
