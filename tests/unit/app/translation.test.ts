import { readdirSync, readFileSync } from 'node:fs'
import { parse } from 'vue/compiler-sfc'
import { describe, expect, it, test } from 'vitest'

/*
 * What a browser's translator does to a page: it replaces texts by elements of its own. It must leave names and ids alone, and a
 * text that it has replaced can only be updated if nothing stands beside it in its element.
 */

const APP = new URL('../../../app/', import.meta.url)
const FILES = readdirSync(APP, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.vue'))
  .map(file => ({ file, source: readFileSync(new URL(file, APP), 'utf8') }))

type Node = NonNullable<NonNullable<ReturnType<typeof parse>['descriptor']['template']>['ast']>['children'][number]
const [ELEMENT, TEXT, INTERPOLATION] = [1, 2, 5]

function* elementsIn(nodes: readonly Node[]): Generator<{ tag: string, children: readonly Node[], opening: string }> {
  for (const node of nodes) {
    if (!('tag' in node)) continue
    const { tag, children, loc, props } = node
    yield { tag, children, opening: `<${[tag, ...props.map(prop => prop.loc.source)].join(' ')}> at line ${loc.start.line}` }
    yield* elementsIn(children)
  }
}
const elementsOf = (source: string) => [...elementsIn(parse(source).descriptor.template?.ast?.children ?? [])]
const all = FILES.flatMap(({ file, source }) => elementsOf(source).map(element => ({ file, ...element })))
const isText = (node: Node) => node.type === INTERPOLATION || (node.type === TEXT && node.loc.source.trim() !== '')

test('a text has an element of its own', () => {
  const mixed = all.filter(({ children }) => children.some(isText) && children.some(({ type }) => type === ELEMENT))
  expect(all.length).toBeGreaterThan(300)
  expect(mixed.map(({ file, opening }) => `${file}: ${opening}`)).toEqual([])
})

describe('no translator changes', () => {
  const translated = (isMeant: (opening: string) => boolean) => {
    const meant = all.filter(({ opening }) => isMeant(opening))
    expect(meant.length).toBeGreaterThan(0)
    return meant.filter(({ opening }) => !/translate="/.test(opening)).map(({ file, opening }) => `${file}: ${opening}`)
  }

  it.each([
    ['ids, keys, addresses and commands', /^<code\b/], ['the license id and the masked key', /^<dd\b.*IDS\.includes/],
    ['references', /^<NuxtLink (?=.*data-testid="reference")(?!.*failure\.)/], ['the state of the license', /data-testid="license-state"/],
  ])('%s', (_what, pattern) => {
    expect(translated(opening => pattern.test(opening))).toEqual([])
  })

  it('the name of the product', () => {
    const named = all.filter(({ children }) => children.some(child => child.loc.source.trim() === 'NocoDB'))
    expect(named.length).toBeGreaterThan(1)
    expect(named.filter(({ opening }) => !opening.includes('translate="no"'))).toEqual([])
  })
})
