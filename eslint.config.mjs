import vue from 'eslint-plugin-vue'
import tseslint from 'typescript-eslint'

/* Beside the usual: who may import whom (README, "How it is built"). */

const forbid = (files, message, patterns, extra = {}) => ({
  files,
  rules: { 'no-restricted-imports': ['error', { patterns: [{ regex: patterns, message }] }], ...extra },
})

const OUTSIDE_SHARED = '^(vue|nuxt|h3|nitropack|pinia)($|/)|/(app|server|tests)/'

/** The domain gets time, randomness and network passed in. */
const pure = {
  'no-restricted-globals': ['error', ...['fetch', 'process', 'setTimeout', 'setInterval', 'performance'].map(name => ({ name, message: 'The domain gets this through its ports.' }))],
  'no-restricted-properties': ['error', { object: 'Date', property: 'now', message: 'Time is passed in (ports.ts, Clock).' }, { object: 'Math', property: 'random', message: 'Randomness is passed in (ports.ts, Random).' }],
}

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
  forbid(['shared/**'], 'Pages import this: without zod and what brings it along, without Vue and Nitro, and nothing of app/ and server/.', `${OUTSIDE_SHARED}|^zod($|/)|/(schemas|operations)\\.ts$`),
  forbid(['shared/schemas.ts', 'shared/operations.ts'], 'shared/ imports neither Vue nor Nitro, nor anything of app/ and server/.', OUTSIDE_SHARED),
  forbid(['app/**'], 'app/ imports shared/ only, and of it nothing that brings zod along.', '/(server|tests)/|^(h3|nitropack|jose|kysely|pg|undici|pino|zod)($|/)|shared/(schemas|operations)'),
  forbid(['server/license/**'], 'The domain imports shared/ and jose only, and from outside types alone.', '^(h3|nitropack|kysely|pg|undici|pino|node:)|/(storage|http|runtime|api|app|tests|accounts|license-server)/', pure),
  forbid(['server/storage/**', 'server/license-server/**'], 'Adapters know the ports, not the HTTP side.', '^(h3|nitropack)|/(http|runtime|api|app|tests)/'),
  forbid(['server/api/**', 'server/routes/**'], 'Routes go through http/; no driver, no storage.', '^(kysely|pg|undici|jose)|/(storage|tests|app)/'),
  forbid(['server/http/**', 'server/runtime/**', 'server/plugins/**', 'server/accounts/**', 'server/build/**'], 'The product does not import its tests.', '/(tests|app)/'),
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
  { files: ['app/**/*.vue'], rules: { 'max-len': 'off' } },
  { files: ['tests/**'], rules: { 'no-console': 'off', 'max-len': ['error', { code: 160, ignoreUrls: true, ignoreStrings: true, ignoreTemplateLiterals: true, ignoreRegExpLiterals: true }] } },
)
