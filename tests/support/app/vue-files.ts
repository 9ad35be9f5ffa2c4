import { readdirSync, readFileSync } from 'node:fs'
import ts from 'typescript'
import { compileScript, parse } from 'vue/compiler-sfc'
import * as vue from 'vue'

const ESNEXT = { target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true }
const COMPOSABLES = new URL('../../../app/composables/', import.meta.url)

/** What Nuxt imports by itself, and where from: Vue's own, the app's composables, and what `nuxt-imports.ts` stands in for. */
function autoImports(): Map<string, string> {
  const own = readdirSync(COMPOSABLES).flatMap(file =>
    [...readFileSync(new URL(file, COMPOSABLES), 'utf8').matchAll(/^export (?:async )?function (\w+)/gm)]
      .map(([, name = '']) => [name, `~/composables/${file}`] as const))
  return new Map([...Object.keys(vue).map(name => [name, 'vue'] as const), ...own, ['useI18n', '#imports']])
}

/** Compiles components as the build does, template and script in one, with what Nuxt would import; styles are left out. */
export function vueFiles() {
  const sources = autoImports()
  return {
    name: 'vue-files',
    transform(source: string, id: string) {
      if (!id.endsWith('.vue')) return undefined
      const { descriptor } = parse(source, { filename: id })
      const { content } = compileScript(descriptor, { id, inlineTemplate: true })
      const named = new Set(descriptor.scriptSetup?.content.match(/\b\w+\b/g))
      const imports = [...sources].filter(([name]) => named.has(name)).map(([name, from]) => `import { ${name} } from '${from}'`)
      return { code: ts.transpileModule([...imports, content].join('\n'), { compilerOptions: ESNEXT }).outputText, map: null }
    },
  }
}
