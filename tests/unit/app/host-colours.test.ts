import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import host from '../../support/app/host-colours.json' with { type: 'json' }

/* The panel looks as if NocoDB had shipped it: each colour is one of the host's style sheet, whose values are kept as facts. */

type Scheme = 'light' | 'dark'
const SCHEMES = ['light', 'dark'] as const
/** What needs another step of a ramp to be read (WCAG 2.2, 1.4.3): gray-500 is 4.4 to 1 on the strong surface. */
const EXCEPTIONS: Record<Scheme, Record<string, string>> = { light: { 'text-faint': '#636a7c' }, dark: {} }

const css = readFileSync(new URL('../../../app/assets/main.css', import.meta.url), 'utf8')
const full = (hex: string) => hex.length === 4 ? hex.replaceAll(/[\da-f]/g, '$&$&') : hex
function coloursOf(scheme: Scheme): Map<string, string> {
  const block = css.split(scheme === 'light' ? '\n:root {' : '\n:root[data-theme=\'dark\'] {')[1]?.split('}')[0] ?? ''
  return new Map([...block.matchAll(/--([\w-]+): (#[\da-f]+);/g)].map(([, name = '', value = '']) => [name, full(value)]))
}

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map(at => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
    .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}
function contrast(one: string, other: string): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b)
  return (high + 0.05) / (low + 0.05)
}

it.each(SCHEMES)('in %s, every colour is one of the host', (scheme) => {
  const known = new Set<string>(Object.values(host[scheme]))
  const own = [...coloursOf(scheme)].filter(([, value]) => !known.has(value))
  expect(Object.fromEntries(own)).toEqual(EXCEPTIONS[scheme])
  expect(coloursOf(scheme).size).toBeGreaterThan(20)
})

const TEXTS = ['text', 'text-soft', 'text-faint', 'brand-text']
const SURFACES = ['page', 'sidebar', 'surface', 'surface-soft', 'surface-strong']
const PAIRS = [
  ...TEXTS.flatMap(text => SURFACES.map(surface => [text, surface] as const)),
  ...['green', 'red', 'orange', 'yellow', 'brand'].flatMap(tone => [[`${tone}-text`, `${tone}-bg`], [`${tone}-text`, 'surface'], ['text', `${tone}-bg`]] as const),
]
it.each(SCHEMES)('in %s, every text can be read on what it stands on', (scheme) => {
  const colours = coloursOf(scheme)
  const weak = PAIRS.filter(([text, ground]) => !(contrast(colours.get(text) ?? '', colours.get(ground) ?? '') >= 4.5))
  expect(weak).toEqual([])
})
