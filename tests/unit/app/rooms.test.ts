import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

/* app/README.md, "who may import whom". Nuxt's auto-imports are no imports to a linter, so names are looked for. */

const APP = new URL('../../../app/', import.meta.url)
const FILES = readdirSync(APP, { recursive: true, encoding: 'utf8' }).filter(file => /\.(vue|ts)$/.test(file))
  .map(file => ({ file, room: file.split('/')[0] ?? '', text: readFileSync(new URL(file, APP), 'utf8') }))
const inRooms = (...rooms: string[]) => FILES.filter(({ room }) => rooms.includes(room))
const naming = (files: typeof FILES, pattern: RegExp) => files.filter(({ text }) => pattern.test(text)).map(({ file }) => file)

/* Each may import those after it, and of its own. */
const ORDER = [['pages', 'layouts', 'error.vue', 'app.vue', 'middleware', 'plugins'], ['components'], ['composables'], ['stores'], ['api', 'license', 'words', 'ant', 'first-paint']]
const levelOf = (room: string) => ORDER.findIndex(rooms => rooms.includes(room))

test('only stores call the API', () => {
  const elsewhere = FILES.filter(({ room }) => room !== 'stores')
  expect(naming(elsewhere, /\buse(Lazy)?Fetch\b|\$fetch\b|\buseApi\(\)|\bcall<|\bstream</).filter(file => file !== 'api/use-api.ts')).toEqual([])
  expect(naming(elsewhere, /\bfetch\(/).filter(file => !['api/use-api.ts', 'words/fetch-words.ts'].includes(file))).toEqual([])
})

test('a component knows no store: props in, events out', () => {
  expect(naming(inRooms('components'), /\buse\w+Store\b/)).toEqual([])
})

test('no import leads back up', () => {
  const back = FILES.flatMap(({ file, room, text }) => [...text.matchAll(/from '(?:~\/|(?:\.\.\/)+)([\w-]+)\//g)].flatMap(([, other = '']) =>
    levelOf(other) >= 0 && levelOf(other) < levelOf(room) ? [`${file} imports ${other}`] : []))
  expect(back).toEqual([])
  expect(FILES.filter(({ room }) => levelOf(room) < 0 && !['router.options.ts'].includes(room)).map(({ file }) => file)).toEqual([])
})

test('composables are called useX, and what is no composable stands elsewhere', () => {
  expect(inRooms('composables').map(({ file }) => file).filter(file => !/^composables\/use[A-Z]\w+\.ts$/.test(file))).toEqual([])
})

test('nothing of app/ brings zod into the browser by name', () => {
  expect(naming(FILES, /from '(zod|.*shared\/schemas)/)).toEqual([])
})
