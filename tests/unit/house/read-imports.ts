import { basename, dirname, join, normalize } from 'node:path/posix'
import ts from 'typescript'
import type { Arrow } from './rooms.ts'

/** Source files by their path from the root of the project. */
export type Sources = ReadonlyMap<string, string>

const ALIASES: readonly [string, string][] = [['~~/', ''], ['@@/', ''], ['~/', 'app/'], ['@/', 'app/'], ['#shared/', 'shared/']]
const ENDINGS = ['', '.ts', '.vue', '.mjs', '/index.ts']
/** Nuxt imports what these export by itself, and components by their folder and name (nuxt.config.ts, "imports"). */
const AUTO_IMPORTED = /^app\/(?:composables|stores|api)\/[^/]+\.ts$/

/**
 * Every import between the files, those of types alone and those that Nuxt makes by itself included. Imports of packages, of
 * generated modules (`#build/…`) and of data that is no source are left out.
 */
export function readImports(sources: Sources): Arrow[] {
  const auto = autoImports(sources)
  return [...sources].flatMap(([from, text]) => {
    const code = from.endsWith('.vue') ? scriptsOf(text) : text
    const written = specifiersOf(code).flatMap(specifier => resolve(from, specifier, sources) ?? [])
    const bySight = from.startsWith('app/') && !from.endsWith('.json') ? auto(text) : []
    return [...new Set([...written, ...bySight])].filter(to => to !== from).map(to => ({ from, to }))
  })
}

/** What a module names: in imports, exports from elsewhere, calls of `import()`, and types of modules. */
function specifiersOf(code: string): string[] {
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    const named = ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
      ? node.moduleSpecifier
      : ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)
        ? node.argument.literal
        : ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword ? node.arguments[0] : undefined
    if (named && ts.isStringLiteralLike(named)) found.push(named.text)
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile('code.ts', code, ts.ScriptTarget.Latest))
  return found
}

function resolve(from: string, specifier: string, sources: Sources): string | undefined {
  const alias = ALIASES.find(([name]) => specifier.startsWith(name))
  const path = alias ? alias[1] + specifier.slice(alias[0].length) : specifier.startsWith('.') ? join(dirname(from), specifier) : undefined
  if (path === undefined) return undefined
  const found = ENDINGS.map(ending => normalize(path + ending)).find(file => sources.has(file))
  if (found === undefined && /\.(?:ts|vue)$/.test(path)) throw new Error(`${from} imports ${path}, which is not there`)
  return found
}

function scriptsOf(component: string): string {
  return [...component.matchAll(/<script\b[^>]*>(.*?)<\/script>/gs)].map(([, script = '']) => script).join('\n')
}

function autoImports(sources: Sources): (text: string) => string[] {
  const names = new Map<string, string>()
  for (const [file, text] of sources) {
    if (AUTO_IMPORTED.test(file)) {
      for (const [, name = ''] of text.matchAll(/^export (?:async )?(?:function|const|class) (\w+)/gm)) names.set(name, file)
    }
    if (file.startsWith('app/components/')) for (const prefix of ['', 'Lazy']) names.set(prefix + componentName(file), file)
  }
  return (text) => {
    // What is written out has been found, perhaps under the same name elsewhere; what comes from Nuxt has not.
    const imported = new Set([...text.matchAll(/^import ([^'"]*)['"](?!#imports|#components)/gm)].flatMap(([, clause]) => clause?.match(/\w+/g) ?? []))
    const words = new Set(withoutComments(text).match(/\b[\w]+\b/g))
    return [...names].flatMap(([name, file]) => words.has(name) && !imported.has(name) ? [file] : [])
  }
}

/** As Nuxt makes it: folders before the name, a word that both share said once. */
function componentName(file: string): string {
  const folders = dirname(file).split('/').slice(2).map(folder => folder.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase()))
  const name = basename(file, '.vue')
  return folders.filter(folder => !name.startsWith(folder)).join('') + name
}

function withoutComments(text: string): string {
  return text.replace(/\/\*.*?\*\/|<!--.*?-->|^[ \t]*\/\/[^\n]*/gms, '')
}
