import { readdirSync, readFileSync } from 'node:fs'
import { parse } from 'vue/compiler-sfc'
import { expect, test } from 'vitest'

/* What a browser looks up and says nothing about where it is not there: ids, places that a link leads to, keys of rows. */

const APP = new URL('../../../app/', import.meta.url)
const FILES = readdirSync(APP, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.vue'))
  .map(file => ({ file, source: readFileSync(new URL(file, APP), 'utf8') }))

type Node = NonNullable<NonNullable<ReturnType<typeof parse>['descriptor']['template']>['ast']>['children'][number]
interface Tag { file: string, tag: string, props: Readonly<Record<string, string>> }

function* tagsIn(file: string, nodes: readonly Node[]): Generator<Tag> {
  for (const node of nodes) {
    if (!('tag' in node)) continue
    // As it is written, without quotes: `aria-describedby="help"` and `:key="user.id"`.
    const props = node.props.map(({ loc }) => /^([^=]+)(?:="([^]*)")?$/.exec(loc.source) ?? [])
    yield { file, tag: node.tag, props: Object.fromEntries(props.map(([, name = '', value = '']) => [name, value])) }
    yield* tagsIn(file, node.children)
  }
}
const tags = FILES.flatMap(({ file, source }) => [...tagsIn(file, parse(source).descriptor.template?.ast?.children ?? [])])

/** The ids that a tag brings: its own, and that of a section's heading. */
const idsOf = ({ tag, props }: Tag) => [props.id, props[':id']].filter(id => id !== undefined)
  .flatMap(id => tag === 'CommonSectionCard' ? [id, `${id}-title`] : [id])
const idsIn = (some: readonly Tag[]) => new Set(some.flatMap(idsOf))
const NAMES_AN_ID = /^:?(?:for|aria-(?:describedby|labelledby|controls|details))$/

test('what describes or labels an element is in the same component', () => {
  const named = tags.flatMap(({ file, tag, props }) =>
    Object.entries(props).flatMap(([name, id]) => NAMES_AN_ID.test(name) ? [{ file, id, opening: `<${tag} ${name}="${id}">` }] : []))
  expect(named.length).toBeGreaterThan(30)
  const lost = named.filter(({ file, id }) => !idsIn(tags.filter(each => each.file === file)).has(id))
  expect(lost.map(({ file, opening }) => `${file}: ${opening}`)).toEqual([])
})

test('a link within the pages leads to a place that is there', () => {
  const links = FILES.flatMap(({ file, source }) =>
    [...source.matchAll(/(?:\b(?:to|href)="[^"#:{]*#|\bhash: '#)([a-z][a-z-]*)["']/g)].map(([, id = '']) => ({ file, id })))
  expect(links.map(({ id }) => id)).toEqual(expect.arrayContaining(['replicas', 'method', 'content']))
  expect(links.filter(({ id }) => !idsIn(tags).has(id))).toEqual([])
})

test('a row is told from the others by what it is, not by where it stands', () => {
  const rows = tags.flatMap(({ file, props }) => {
    const [, , place] = /^\(([^]+), (\w+)\) in /.exec(props['v-for'] ?? '') ?? []
    return props['v-for'] === undefined ? [] : [{ file, key: props[':key'] ?? 'none', place }]
  })
  expect(rows.length).toBeGreaterThan(20)
  expect(rows.filter(({ key, place }) => key === 'none' || (place !== undefined && new RegExp(`\\b${place}\\b`).test(key)))).toEqual([])
})

/** The app's own components, as Nuxt names them: by folder and file. */
const OWN = new Set(FILES.flatMap(({ file }) => {
  const [, folder = '', name = ''] = /^components\/(\w+)\/(\w+)\.vue$/.exec(file) ?? []
  const area = folder.charAt(0).toUpperCase() + folder.slice(1)
  return name === '' ? [] : [name.startsWith(area) ? name : area + name]
}))
const OF_LIBRARIES = /^(?:Nuxt(?:Link|Page|Layout|RouteAnnouncer)|A[A-Z]\w+)$/

test('a component that a template names is imported, or one that Nuxt knows by its name', () => {
  const named = tags.filter(({ tag }) => /^[A-Z]/.test(tag))
  expect(named.length).toBeGreaterThan(200)
  const unknown = named.filter(({ file, tag }) => !OWN.has(tag.replace(/^Lazy/, '')) && !OF_LIBRARIES.test(tag)
    && !new RegExp(`^import [^;]*\\b${tag}\\b[^;]* from `, 'm').test(FILES.find(each => each.file === file)?.source ?? ''))
  expect(unknown.map(({ file, tag }) => `${file}: <${tag}>`)).toEqual([])
})
