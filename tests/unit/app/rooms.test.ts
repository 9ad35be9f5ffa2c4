import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

/* What app/README.md promises beyond the import graph. Nuxt's auto-imports are no imports to a linter, so names are searched for. */

const APP = new URL('../../../app/', import.meta.url)
const FILES = readdirSync(APP, { recursive: true, encoding: 'utf8' }).filter(file => /\.(vue|ts)$/.test(file))
  .map(file => ({ file, room: file.split('/')[0] ?? '', text: readFileSync(new URL(file, APP), 'utf8') }))
const inRooms = (...rooms: string[]) => FILES.filter(({ room }) => rooms.includes(room))
const naming = (files: typeof FILES, pattern: RegExp) => files.filter(({ text }) => pattern.test(text)).map(({ file }) => file)

test('only stores call the API', () => {
  const elsewhere = FILES.filter(({ room }) => room !== 'stores')
  expect(naming(elsewhere, /\buse(Lazy)?Fetch\b|\$fetch\b|\buseApi\(\)|\bcall<|\bstream</).filter(file => file !== 'api/use-api.ts')).toEqual([])
  expect(naming(elsewhere, /\bfetch\(/).filter(file => !['api/use-api.ts', 'words/fetch-words.ts'].includes(file))).toEqual([])
})

test('a component knows no store: props in, events out', () => {
  expect(naming(inRooms('components'), /\buse\w+Store\b/)).toEqual([])
})

test('composables are called useX, and what is no composable stands elsewhere', () => {
  expect(inRooms('composables').map(({ file }) => file).filter(file => !/^composables\/use[A-Z]\w+\.ts$/.test(file))).toEqual([])
})
