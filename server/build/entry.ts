import { readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import ts from 'typescript'

const packageFile = new URL('../../package.json', import.meta.url)
const guardFile = new URL('index-guard.ts', import.meta.url)

/**
 * Puts a small guard in front of the server in `serverDir`. It says in one sentence why the server cannot be loaded: a missing
 * file, too old a Node, or another platform than the build's.
 */
export function guardEntry(serverDir: string, publicDir: string): void {
  renameSync(join(serverDir, 'index.mjs'), join(serverDir, 'server.mjs'))
  const node = Number(/\d+/.exec(String(JSON.parse(readFileSync(packageFile, 'utf8')).engines.node))?.[0])
  const facts = `const NEEDED_NODE = ${node}\nconst BUILT_FOR = ${JSON.stringify(thisMachine())}\n`
  writeFileSync(join(serverDir, 'index.mjs'), facts + withoutTypes(readFileSync(guardFile, 'utf8')))
  writeFileSync(join(serverDir, 'files.json'), JSON.stringify(listFiles(serverDir, publicDir)))
}

function withoutTypes(source: string): string {
  const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 }
  return ts.transpileModule(source, { compilerOptions }).outputText
}

function thisMachine() {
  const { platform, arch } = process
  Object.assign(process.report, { excludeNetwork: true })
  const libc = JSON.stringify(process.report.getReport()).includes('"glibcVersionRuntime"') ? 'glibc' : 'musl'
  return { platform, arch, libc: platform === 'linux' ? libc : '' }
}

/**
 * The files that make up the server. Sizes are listed for its own code and for native modules only; other files, such as an
 * icon, may be replaced.
 */
function listFiles(serverDir: string, publicDir: string): [string, number | null][] {
  const sized = (path: string): [string, number] => [relative(serverDir, path), statSync(path).size]
  const own = [join(serverDir, 'server.mjs'), ...filesIn(join(serverDir, 'chunks'))].filter(path => path.endsWith('.mjs'))
  const native = filesIn(join(serverDir, 'node_modules')).filter(path => path.endsWith('.node'))
  const assets = filesIn(publicDir).map((path): [string, null] => [relative(serverDir, path), null])
  return [...[...own, ...native].map(sized), ...assets]
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name)).sort()
}
