import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { readImports, type Sources } from './read-imports.ts'
import { findCircles, HOUSES, judgeArrow } from './rooms.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

const FOLDERS = ['server', 'app', 'shared', 'tests']

function readSources(): Sources {
  const files = FOLDERS.flatMap(folder => readdirSync(`${ROOT}/${folder}`, { recursive: true, encoding: 'utf8' }).map(file => `${folder}/${file}`))
  return new Map(files.filter(file => /\.(?:ts|vue)$|^app\/locales\/.*\.json$/.test(file)).map(file => [file, readFileSync(`${ROOT}/${file}`, 'utf8')]))
}

const sourcesOf = (files: Record<string, string>): Sources => new Map(Object.entries(files))
const judge = (files: Record<string, string>) => readImports(sourcesOf(files)).flatMap(arrow => judgeArrow(arrow) ?? [])
const circlesOf = (files: Record<string, string>) => findCircles(readImports(sourcesOf(files))).map(circle => circle.join(' > '))

describe('the import graph', () => {
  const sources = readSources()
  const arrows = readImports(sources)

  it('is read whole: every room of the list has files, and every component a page that shows it', () => {
    const rooms = Object.values(HOUSES).flatMap(({ floors }) => floors.flat())
    expect(rooms.filter(room => ![...sources.keys()].some(file => file === room || file.startsWith(`${room}/`)))).toEqual([])
    const targets = new Set(arrows.map(({ to }) => to))
    const components = [...sources.keys()].filter(file => file.startsWith('app/components/'))
    expect(components.filter(file => !targets.has(file))).toEqual([])
  })

  it('has no arrow from a lower room to a higher one, nor across', () => {
    expect(arrows.flatMap(arrow => judgeArrow(arrow) ?? [])).toEqual([])
  })

  it('has no circle', () => {
    expect(findCircles(arrows).map(circle => circle.join(' > '))).toEqual([])
  })

  it('gives every file a room', () => {
    expect([...sources.keys()].flatMap(file => judgeArrow({ from: file, to: file }) ?? [])).toEqual([])
  })
})

describe('the reader of imports', () => {
  it.each([
    ['a relative path', 'import { b } from \'../license/b.ts\''],
    ['a type alone', 'import type { B } from \'../license/b.ts\''],
    ['a type among values', 'import { type B } from \'../license/b.ts\''],
    ['an export from elsewhere', 'export { b } from \'../license/b.ts\''],
    ['an export of types', 'export type { B } from \'../license/b.ts\''],
    ['its effect alone', 'import \'../license/b.ts\''],
    ['a call', 'const b = await import(\'../license/b.ts\')'],
    ['a module\'s type', 'type B = typeof import(\'../license/b.ts\')'],
    ['an alias', 'import { b } from \'~~/server/license/b.ts\''],
    ['a call after a quote in a regular expression', 'const quote = /[`\'"]/\nconst b = await import(\'../license/b.ts\')'],
  ])('knows an import by %s', (_, code) => {
    expect(readImports(sourcesOf({ 'server/http/a.ts': code, 'server/license/b.ts': '' }))).toEqual([{ from: 'server/http/a.ts', to: 'server/license/b.ts' }])
  })

  it.each([
    ['a script', '<script setup lang="ts">\nimport type { B } from \'~/api/b\'\n</script>', 'app/api/b.ts'],
    ['the second script', '<script lang="ts"></script><script setup lang="ts">import { c } from \'#shared/c\'</script>', 'shared/c.ts'],
    ['a tag', '<template><CommonCopyButton /></template>', 'app/components/common/CopyButton.vue'],
    ['a lazy tag below a comment', '<script>\n// of code\n</script>\n<template><LazyCommonCopyButton /></template>', 'app/components/common/CopyButton.vue'],
    ['a tag whose folder is in its name', '<template><LicenseBadge /></template>', 'app/components/license/LicenseBadge.vue'],
    ['a composable by the name of Nuxt', '<script setup lang="ts">import { useD } from \'#imports\'\nconst d = useD()</script>', 'app/composables/useD.ts'],
    ['a composable that Nuxt imports', '<script setup lang="ts">const d = useD()</script>', 'app/composables/useD.ts'],
  ])('knows an import of a component by %s', (_, component, to) => {
    const others = Object.fromEntries(['app/api/b.ts', 'shared/c.ts', 'app/components/common/CopyButton.vue', 'app/components/license/LicenseBadge.vue'].map(file => [file, '']))
    const sources = { ...others, 'app/composables/useD.ts': 'export function useD() {}', 'app/pages/a.vue': component }
    expect(readImports(sourcesOf(sources))).toEqual([{ from: 'app/pages/a.vue', to }])
  })

  it('does not take a comment for an import, nor a package, data or what is generated', () => {
    const code = '// useD()\n/* import \'../api/b.ts\' */\nimport x from \'kysely\'\nimport y from \'#build/words\'\nimport z from \'./z.json\''
    expect(readImports(sourcesOf({ 'app/pages/a.ts': code, 'app/api/b.ts': '', 'app/composables/useD.ts': 'export function useD() {}' }))).toEqual([])
  })

  it('takes no word of a language for the name of a composable', () => {
    const words = { 'app/locales/en.json': '{ "advice": "useD, and import \'../api/b.ts\'" }', 'app/api/b.ts': '' }
    expect(readImports(sourcesOf({ ...words, 'app/composables/useD.ts': 'export function useD() {}' }))).toEqual([])
  })

  it('refuses a path that leads to no file', () => {
    expect(() => readImports(sourcesOf({ 'server/http/a.ts': 'import \'./gone.ts\'' }))).toThrow('server/http/a.ts imports server/http/gone.ts, which is not there')
  })
})

describe('the rooms', () => {
  it.each([
    ['server/license/a.ts', '../storage/b.ts', 'server/license/a.ts imports server/storage/b.ts: server/storage is above server/license, and no arrow leads up'],
    ['server/storage/a.ts', '../license-server/b.ts', 'server/storage/a.ts imports server/license-server/b.ts: server/storage and server/license-server are on one floor and do not know each other'],
    ['server/http/a.ts', '../../app/api/b.ts', 'server/http/a.ts imports app/api/b.ts: server/ may use words and shared only, not app/'],
    ['shared/errors.ts', './schemas.ts', 'shared/errors.ts imports shared/schemas.ts: shared/schemas.ts is above shared, and no arrow leads up'],
    ['shared/a.ts', '../server/license/b.ts', 'shared/a.ts imports server/license/b.ts: shared/ may use nothing only, not server/'],
    ['shared/a.ts', '../app/locales/en.json', 'shared/a.ts imports app/locales/en.json: shared/ may use nothing only, not words/'],
    ['server/runtime/a.ts', '../../app/words/b.ts', 'server/runtime/a.ts imports app/words/b.ts: server/ may use words and shared only, not app/'],
    ['app/api/a.ts', '../../shared/schemas.ts', 'app/api/a.ts imports shared/schemas.ts: shared/schemas.ts is closed to app, for zod stays out of the browser'],
    ['server/api/a.ts', '../storage/b.ts', 'server/api/a.ts imports server/storage/b.ts: server/storage is closed to server/api, for a route asks a service, never a table'],
    ['tests/support/a.ts', '../unit/b.ts', 'tests/support/a.ts imports tests/unit/b.ts: tests/unit is above tests/support, and no arrow leads up'],
    ['tests/unit/a.test.ts', '../api/b.ts', 'tests/unit/a.test.ts imports tests/api/b.ts: tests/unit and tests/api are on one floor and do not know each other'],
    ['server/attic/a.ts', '../license/b.ts', 'server/attic/a.ts stands in no room: give it one in tests/unit/house/rooms.ts'],
  ])('%s may not import %s', (from, path, message) => {
    const to = new URL(path, `file:///${from}`).pathname.slice(1)
    expect(judge({ [from]: `import type { B } from '${path}'`, [to]: '' })).toEqual([message])
  })

  it.each([
    ['server/api/a.ts', '../license/b.ts'], ['server/storage/a.ts', './b.ts'], ['server/runtime/a.ts', '../storage/b.ts'],
    ['server/runtime/a.ts', '../../app/locales/en.json'], ['app/words/a.ts', '../locales/en.json'],
    ['app/pages/a.ts', '../../shared/b.ts'], ['tests/unit/a.test.ts', '../support/b.ts'], ['tests/support/a.ts', '../../server/license/b.ts'],
  ])('%s may import %s', (from, path) => {
    const to = new URL(path, `file:///${from}`).pathname.slice(1)
    expect(judge({ [from]: `import '${path}'`, [to]: '' })).toEqual([])
  })

  it('find a circle, of types too, and name its files', () => {
    expect(circlesOf({
      'shared/a.ts': 'import type { B } from \'./b.ts\'', 'shared/b.ts': 'import { c } from \'./c.ts\'', 'shared/c.ts': 'export type { A } from \'./a.ts\'',
      'shared/d.ts': 'import \'./a.ts\'',
    })).toEqual(['shared/a.ts > shared/b.ts > shared/c.ts > shared/a.ts'])
  })

  it('find a circle that Nuxt closes', () => {
    expect(circlesOf({
      'app/composables/useA.ts': 'export function useA() { return useB() }', 'app/composables/useB.ts': 'export function useB() { return useA() }',
    })).toEqual(['app/composables/useA.ts > app/composables/useB.ts > app/composables/useA.ts'])
  })

  it('find no circle where there is none', () => {
    expect(circlesOf({ 'shared/a.ts': 'import \'./b.ts\'; import \'./c.ts\'', 'shared/b.ts': 'import \'./c.ts\'', 'shared/c.ts': '' })).toEqual([])
  })
})
