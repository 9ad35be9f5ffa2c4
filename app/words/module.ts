import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { addTemplate, defineNuxtModule } from '@nuxt/kit'
import { LANGUAGES } from './languages.ts'
import { compileWords } from './compile-words.ts'

const CODES = LANGUAGES.map(({ code }) => code)

/* The browser gets URLs of hashed, precompressed, immutable files; the server reads the same files from disk. */
const indexOf = (folder: string) => `${CODES.map((code, at) => `import address${at} from '${folder}/${code}.json?url&no-inline'`).join('\n')}
export const addresses = { ${CODES.map((code, at) => `'${code}': address${at}`).join(', ')} }
type Read = () => Promise<unknown>
const readers: Record<string, Read> = import.meta.server ? {
${CODES.map(code => `  '${code}': () => import('${folder}/${code}.json').then(words => words.default),`).join('\n')}
} : {}
export const readWords = (code: string): Promise<unknown> | undefined => readers[code]?.()
`

function writeWords(folder: string): void {
  mkdirSync(folder, { recursive: true })
  for (const code of CODES) {
    const messages: unknown = JSON.parse(readFileSync(new URL(`../locales/${code}.json`, import.meta.url), 'utf8'))
    writeFileSync(join(folder, `${code}.json`), JSON.stringify(compileWords(messages)))
  }
}

/** Compiles each language's words into a file of its own; `#build/words` says where they are. */
export default defineNuxtModule({
  meta: { name: 'words' },
  setup(_options, nuxt) {
    const folder = join(nuxt.options.buildDir, 'words')
    addTemplate({ filename: 'words.ts', write: true, getContents: () => indexOf(folder) })
    // Not as templates: those exist only in memory, and assets are read from disk.
    nuxt.hook('app:templatesGenerated', () => writeWords(folder))
    // A page fetches its own language; without this, browsers would prefetch all of them.
    nuxt.hook('build:manifest', (manifest) => {
      for (const file of Object.values(manifest)) file.assets = file.assets?.filter(asset => !asset.endsWith('.json'))
    })
    nuxt.hook('builder:watch', (_event, path) => {
      if (/locales\/[\w-]+\.json$/.test(path)) writeWords(folder)
    })
  },
})
