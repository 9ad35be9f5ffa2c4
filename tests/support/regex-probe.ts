import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { runInNewContext } from 'node:vm'
import ts from 'typescript'

export interface FoundRegex { where: string, regex: RegExp }
/** Matches code that builds a regular expression at runtime, which can't be read from the source. */
export interface MadeRegex { where: string, text: string }

/** Finds every regular expression literal in the folders' TypeScript and Vue files, and the places that build others. */
export function regexesIn(root: string, folders: readonly string[]): { found: FoundRegex[], made: MadeRegex[] } {
  const found: FoundRegex[] = []
  const made: MadeRegex[] = []
  for (const file of folders.flatMap(folder => sourcesIn(join(root, folder)))) {
    const source = ts.createSourceFile(file, scriptOf(file), ts.ScriptTarget.Latest, true)
    const where = (node: ts.Node) => `${relative(root, file)}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}`
    const visit = (node: ts.Node): void => {
      if (ts.isRegularExpressionLiteral(node)) found.push({ where: where(node), regex: regexOf(node.text) })
      if ((ts.isNewExpression(node) || ts.isCallExpression(node)) && node.expression.getText() === 'RegExp') made.push({ where: where(node), text: node.getText() })
      ts.forEachChild(node, visit)
    }
    visit(source)
  }
  return { found, made }
}

function sourcesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter(entry => entry.isFile() && /\.(?:ts|vue)$/.test(entry.name)).map(entry => join(entry.parentPath, entry.name))
}

function scriptOf(file: string): string {
  const text = readFileSync(file, 'utf8')
  return file.endsWith('.vue') ? /<script[^>]*>(.*?)<\/script>/s.exec(text)?.[1] ?? '' : text
}

function regexOf(literal: string): RegExp {
  const end = literal.lastIndexOf('/')
  return new RegExp(literal.slice(1, end), literal.slice(end + 1))
}

const CLASSES: Readonly<Record<string, string>> = { d: '0', w: 'a', s: ' ', b: '', B: '', n: '\n', t: '\t', r: '\r', D: '!', W: '!', S: '!', p: '\u0007', u: '\u200b', x: '!', 0: '\u0000' }
const ALPHABET = ['a', '0', ' ', '\t', '\n', '-', '.', '/', '"', '\'', '\\', '%', '=', '<', '>', '[', ']', '{', ':', ';', ',', '_', '@', 'f', 'A', '\u0007', '\u200b', '\\"', 'a.', 'a@', '%41'] as const

/** A text close to what a regular expression matches: its letters in order, and one for each class. */
function skeletonOf(source: string): string {
  return source
    .replace(/\\[pPu]\{[^}]*\}|\\u[0-9a-f]{4}|\\x[0-9a-f]{2}|\\(.)/gi, (_, letter) => letter === undefined ? '\u200b' : CLASSES[letter] ?? letter)
    .replace(/\(\?(?:[:=!]|<[^>]*>|<[=!])|\{\d+(?:,\d*)?\}|\[\^[^\]]*\]/g, part => part.startsWith('[') ? '!' : '')
    .replace(/\[([^\]]?)[^\]]*\]/g, '$1')
    .replace(/[()^$*+?|]/g, '')
}

function* attacksOn({ source }: RegExp): Generator<(length: number) => string> {
  const skeleton = skeletonOf(source).slice(0, 40)
  const prefixes = new Set(['', ...Array.from({ length: skeleton.length }, (_, n) => skeleton.slice(0, n + 1))].slice(0, 16).concat(skeleton))
  const pairs = Array.from({ length: Math.max(0, skeleton.length - 1) }, (_, n) => skeleton.slice(n, n + 2))
  const pumps = new Set([...ALPHABET, ...skeleton, ...pairs, ...prefixes].filter(Boolean))
  for (const prefix of prefixes) {
    for (const pump of pumps) {
      for (const suffix of ['', '\u0000', `${pump}!`]) {
        yield length => prefix + pump.repeat(Math.ceil(length / pump.length)) + suffix
      }
    }
  }
}

function millisecondsOf(regex: RegExp, text: string): number {
  const startedAt = performance.now()
  if (regex.global) text.replace(regex, '')
  else regex.test(text)
  return performance.now() - startedAt
}

/** Two lengths, and how much longer the second may take: for linear time the ratio of the lengths, plus some noise. */
interface Comparison { small: number, large: number, limit: number }
/** Exponential growth, or a high power, shows before a longer text would take forever. Quadratic time is 64 in the last two. */
const COMPARISONS: readonly Comparison[] = [{ small: 12, large: 24, limit: 40 }, { small: 60, large: 480, limit: 40 }, { small: 1000, large: 8000, limit: 24 }]
/** How often a suspicion is measured again before it counts: other load on the machine can only add to a measurement. */
const ROUNDS = 15
/** Milliseconds below which timing is mostly noise; a slow expression takes a hundred times as long on its longest text. */
const NOISE = 0.2

function growsFaster(regex: RegExp, attack: (length: number) => string, { small, large, limit }: Comparison): boolean {
  const [shorter, longer] = [attack(small), attack(large)]
  let [least, most] = [Infinity, Infinity]
  for (let round = 0; round < ROUNDS; round++) {
    least = Math.min(least, millisecondsOf(regex, shorter))
    most = Math.min(most, millisecondsOf(regex, longer))
    if (most < NOISE || most / least <= limit) return false
  }
  return true
}

/** A text on which the expression takes more than linear time, or null. Throws if the expression doesn't finish. */
export function superlinearOn(regex: RegExp, patienceMs = 60_000): string | null {
  let tried = ''
  function probe(): string | null {
    for (const attack of attacksOn(regex)) {
      tried = attack(24)
      if (COMPARISONS.some(each => growsFaster(regex, attack, each))) return tried
    }
    return null
  }
  try {
    return runInNewContext('probe()', { probe }, { timeout: patienceMs })
  }
  catch (error) {
    throw new Error(`${String(regex)} did not end on ${JSON.stringify(tried)}`, { cause: error })
  }
}
