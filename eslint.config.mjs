import vue from 'eslint-plugin-vue'
import tseslint from 'typescript-eslint'

/* Beside the usual: which room may use which package. Who may import whom is in tests/unit/house/rooms.ts. */

const forbid = (files, message, patterns, extra = {}) => ({
  files,
  rules: { 'no-restricted-imports': ['error', { patterns: [{ regex: patterns, message }] }], ...extra },
})

/** The domain gets time, randomness and network passed in. */
const pure = {
  'no-restricted-globals': ['error', ...['fetch', 'process', 'setTimeout', 'setInterval', 'performance'].map(name => ({ name, message: 'The domain gets this through its ports.' }))],
  'no-restricted-properties': ['error', { object: 'Date', property: 'now', message: 'Time is passed in (ports.ts, Clock).' }, { object: 'Math', property: 'random', message: 'Randomness is passed in (ports.ts, Random).' }],
}

/** A promise that nobody waits for fails where nobody looks. These rules read types: each file with the configuration that checks it. */
const waited = (files, project) => ({
  files,
  languageOptions: { parserOptions: { project, tsconfigRootDir: import.meta.dirname } },
  rules: {
    '@typescript-eslint/no-floating-promises': 'error',
    '@typescript-eslint/no-misused-promises': 'error',
    '@typescript-eslint/await-thenable': 'error',
  },
})

export default tseslint.config(
  { ignores: ['node_modules', '.nuxt*/**', '.output*/**', '.trial-*/**', '.data', '.stryker-tmp', 'coverage', 'reports', 'test-results', 'playwright-report'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  ...tseslint.configs.recommended,
  ...vue.configs['flat/recommended'],
  {
    languageOptions: { parserOptions: { parser: tseslint.parser, extraFileExtensions: ['.vue'], sourceType: 'module' } },
    rules: {
      'max-len': ['error', { code: 140, ignoreUrls: true, ignoreStrings: true, ignoreTemplateLiterals: true, ignoreRegExpLiterals: true }],
      'no-console': 'error',
      'eqeqeq': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-undef': 'off',
      'vue/multi-word-component-names': 'off',
      'vue/max-attributes-per-line': ['error', { singleline: 3, multiline: 1 }],
      'vue/singleline-html-element-content-newline': 'off',
      'vue/html-self-closing': ['error', { html: { void: 'any', normal: 'any', component: 'always' } }],
      'vue/attributes-order': 'off',
      'vue/require-default-prop': 'off',
      'vue/no-v-html': 'error',
    },
  },
  forbid(['shared/**'], 'Pages import this: neither Vue nor Nitro, and nothing that brings zod along.', '^(vue|nuxt|h3|nitropack|pinia|zod)($|/)|/(schemas|operations)\\.ts$'),
  forbid(['shared/schemas.ts', 'shared/operations.ts'], 'shared/ knows neither Vue nor Nitro.', '^(vue|nuxt|h3|nitropack|pinia)($|/)'),
  forbid(['app/**'], 'What runs on the server stays there, zod with it.', '^(h3|nitropack|jose|kysely|pg|undici|pino|zod)($|/)|shared/(schemas|operations)'),
  forbid(['server/license/**'], 'Of packages, the domain uses jose and zod.', '^(h3|nitropack|kysely|pg|undici|pino)($|/)|^node:', pure),
  forbid(['server/storage/**', 'server/license-server/**', 'server/accounts/**'], 'HTTP towards the browser is server/http alone.', '^(h3|nitropack)($|/)'),
  forbid(['server/api/**', 'server/routes/**', 'server/http/**'], 'Drivers and signatures are behind their rooms.', '^(kysely|pg|undici|jose)($|/)'),
  {
    files: ['server/**'],
    ignores: ['server/plugins/**', 'server/build/**', 'server/runtime/composition.ts'],
    rules: { 'no-restricted-syntax': ['error', { selector: 'MemberExpression[object.name="process"][property.name="env"]', message: 'Only the composition root hands the environment to runtime/config.' }] },
  },
  {
    files: ['app/**'],
    ignores: ['app/composables/useTextCookie.ts'],
    rules: { 'no-restricted-syntax': ['error', { selector: 'CallExpression[callee.name="useCookie"]', message: 'What comes in a cookie is anybody\'s choice: useTextCookie.' }] },
  },
  waited(['server/**/*.ts'], '.nuxt/tsconfig.server.json'),
  waited(['shared/**/*.ts'], '.nuxt/tsconfig.shared.json'),
  waited(['app/**/*.ts', 'app/**/*.vue'], '.nuxt/tsconfig.app.json'),
  waited(['tests/**/*.ts'], 'tests/tsconfig.json'),
  waited(['tests/api/typescript-client/*.ts'], 'tests/api/typescript-client/tsconfig.json'),
  { files: ['app/**/*.vue'], rules: { 'max-len': 'off' } },
  { files: ['tests/**'], rules: { 'no-console': 'off', 'max-len': ['error', { code: 160, ignoreUrls: true, ignoreStrings: true, ignoreTemplateLiterals: true, ignoreRegExpLiterals: true }] } },
)
