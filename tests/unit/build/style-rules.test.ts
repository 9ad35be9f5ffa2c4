import { expect, test } from 'vitest'
import { styleRulesOf } from '../../../server/build/style-rules.ts'
import { stylesOf } from '../../../server/http/page-styles.ts'

const PAGE = '<html data-theme="light"><body><div class="card wide" data-v-1a2b><p class="">Text</p></div></body></html>'

/** What comes with the page of a stylesheet. */
const comesWith = (css: string, page = PAGE) => stylesOf(styleRulesOf(css), page)

test.each([
  '.card{color:red}', '.card.wide{color:red}', '.card[data-v-1a2b]{color:red}', 'p{color:red}', ':root{--text:#123}', '#credential{color:red}',
  '[class*=" ant-btn"]{color:red}', '.card:hover>p::before{content:"."}', '.card:not(.shut){color:red}', '.card:not(.shut:not(.open .there)) p{color:red}',
  ':is(.shut,.card) p{color:red}', ':where(.shut) p{color:red}', '.card:has(> .shut){color:red}', '.card[open]{color:red}', '[data-theme=light] .card{color:red}',
  '.card:not([data-v-3c4d]){color:red}', '@media (width<=480px){.card{color:red}}', '@supports (rotate:1deg){@media print{.card{color:red}}}',
  '@font-face{font-family:Inter;src:url(./a.woff2)}', '@charset "utf-8";',
])('%s may change this page, so it comes with it', (rule) => {
  expect(comesWith(rule)).toBe(rule)
})

test.each([
  '.shut{color:red}', '.card.shut{color:red}', '.card .shut{color:red}', '.shut .card{color:red}', '.card[data-v-3c4d]{color:red}', '.wider{color:red}', '.car{color:red}',
  '[data-theme=dark] .card{color:red}', ':where([data-theme=\'dark\']) .card{color:red}', '@media print{.shut{color:red}}', '@keyframes turn{to{rotate:1turn}}', '/* Text */',
])('%s cannot, and stays away', (rule) => {
  expect(comesWith(rule)).toBe('')
})

test('what is dark comes with a dark page', () => {
  const rule = ':where([data-theme=\'dark\']) .card{color:red}'
  expect(comesWith(rule, PAGE.replace('light', 'dark'))).toBe(rule)
})

test('of several selectors those that select nothing stay away, and the order of rules is kept', () => {
  expect(comesWith('.card,.shut,p{color:red}.shut{color:blue}@media print{.shut,.wide{color:green}}p{color:black}'))
    .toBe('.card,p{color:red}@media print{.wide{color:green}}p{color:black}')
})

test('an animation comes along with a rule that names it', () => {
  expect(comesWith('@keyframes turn{to{rotate:1turn}}.card{animation:1s turn}')).toBe('.card{animation:1s turn}@keyframes turn{to{rotate:1turn}}')
  expect(comesWith('@keyframes turn{to{rotate:1turn}}.shut{animation:1s turn}')).toBe('')
})

test('what would end the element it stands in is no stylesheet', () => {
  expect(() => styleRulesOf('p::before{content:"</style>"}')).toThrow('</')
})
