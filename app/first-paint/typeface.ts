import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { defineNuxtModule } from '@nuxt/kit'
import subsetFont from 'subset-font'

const FILE = 'inter-latin-wght-normal.woff2'
/** What no page shows is left out: the lightest and heaviest weights, and shapes that a style would have to ask for. */
const LIGHTEST = 400
const HEAVIEST = 700
/** First and last of each range; a browser asks for other files for what is not among them. */
const CHARACTERS: readonly (readonly [first: number, last: number])[] = [
  [0x20, 0xFF], [0x131, 0x131], [0x152, 0x153], [0x2BB, 0x2BC], [0x2C6, 0x2C6], [0x2DA, 0x2DA], [0x2DC, 0x2DC], [0x304, 0x304],
  [0x308, 0x308], [0x329, 0x329], [0x2000, 0x206F], [0x20AC, 0x20AC], [0x2122, 0x2122], [0x2191, 0x2191], [0x2193, 0x2193],
  [0x2212, 0x2212], [0x2215, 0x2215], [0xFEFF, 0xFEFF], [0xFFFD, 0xFFFD],
]

const hex = (code: number) => code.toString(16).toUpperCase().padStart(4, '0')

const styles = `@font-face {
  font-family: 'Inter Variable';
  font-style: normal;
  font-display: swap;
  font-weight: ${LIGHTEST} ${HEAVIEST};
  src: url('./${FILE}') format('woff2');
  unicode-range: ${CHARACTERS.map(([first, last]) => `U+${hex(first)}-${hex(last)}`).join(', ')};
}
`

/** The typeface that every page needs, three fifths of its size. */
export function shrinkTypeface(): Promise<Uint8Array> {
  const whole = readFileSync(createRequire(import.meta.url).resolve(`@fontsource-variable/inter/files/${FILE}`))
  const text = CHARACTERS.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, at) => String.fromCodePoint(first + at)))
  return subsetFont(whole, text.join(''), { targetFormat: 'woff2', variationAxes: { wght: { min: LIGHTEST, max: HEAVIEST } } })
}

/** Builds the typeface and the stylesheet that brings it in; `#build/typeface/` has both. */
export default defineNuxtModule({
  meta: { name: 'typeface' },
  setup(_options, nuxt) {
    const folder = join(nuxt.options.buildDir, 'typeface')
    // Not as templates: those exist only in memory, and fonts are read from disk.
    nuxt.hook('app:templatesGenerated', async () => {
      mkdirSync(folder, { recursive: true })
      writeFileSync(join(folder, FILE), await shrinkTypeface())
      writeFileSync(join(folder, 'typeface.css'), styles)
    })
    nuxt.options.css.unshift(join(folder, 'typeface.css'))
  },
})
