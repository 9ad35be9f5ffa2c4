import type { StyleRule } from '#page-styles'

/* The styles that a page needs to be painted, out of the whole stylesheet: they come with it, and save it a round trip. */

/** What a dark rule needs, as it stands in the `html` element. */
export const DARK = 'data-theme="dark"'

/**
 * The rules that select something on this page, as CSS, in the order of the stylesheet. It rather keeps too many: what it leaves out
 * would change nothing, so the page looks the same once the whole stylesheet is there.
 */
export function stylesOf(rules: readonly StyleRule[], page: string): string {
  const present = new Set([
    ...[...page.matchAll(/\bclass="([^"]*)"/g)].flatMap(([, names = '']) => names.split(/\s+/)),
    ...[...page.matchAll(/\bdata-v-[\da-z]+/g)].map(([scope]) => scope),
    ...page.includes(DARK) ? [DARK] : [],
  ])
  const still = textOf(rules, present)
  return still + rules.flatMap(rule => 'animation' in rule && still.includes(rule.animation) ? [rule.text] : []).join('')
}

function textOf(rules: readonly StyleRule[], present: ReadonlySet<string>): string {
  let text = ''
  for (const rule of rules) {
    if ('condition' in rule) {
      const inside = textOf(rule.rules, present)
      if (inside) text += `${rule.condition}{${inside}}`
    } else if ('selectors' in rule) {
      const selectors = rule.selectors.filter(([, needs]) => needs.every(need => present.has(need))).map(([selector]) => selector)
      if (selectors.length > 0) text += `${selectors.join(',')}${rule.declarations}`
    } else if (!('animation' in rule)) {
      text += rule.text
    }
  }
  return text
}
