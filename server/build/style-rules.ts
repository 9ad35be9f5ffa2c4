import type { StyleRule } from '#page-styles'
import type { ChildNode, Container, Rule } from 'postcss'
import postcss from 'postcss'
import { DARK } from '../http/page-styles.ts'

/** Takes a stylesheet apart into rules that say what they need. */
export function styleRulesOf(css: string): StyleRule[] {
  // It would end the element in which the rules stand.
  if (css.includes('</')) throw new Error('A stylesheet has </ in it.')
  return childrenOf(postcss.parse(css))
}

function childrenOf(container: Container<ChildNode>): StyleRule[] {
  return (container.nodes ?? []).flatMap((node): StyleRule[] => {
    if (node.type === 'comment') return []
    if (node.type === 'rule') return [{ selectors: node.selectors.map(selector => [selector, needsOf(selector)]), declarations: declarationsOf(node) }]
    if (node.type !== 'atrule') return [{ text: String(node) }]
    if (node.name.endsWith('keyframes')) return [{ animation: node.params, text: String(node) }]
    const isCondition = node.nodes?.some(({ type }) => type === 'rule' || type === 'atrule')
    return isCondition ? [{ condition: `@${node.name} ${node.params}`, rules: childrenOf(node) }] : [{ text: node.nodes ? String(node) : `${node};` }]
  })
}

function declarationsOf(rule: Rule): string {
  const text = String(rule)
  return text.slice(text.indexOf('{'))
}

/** `:not(.shut)` needs nothing, and of `:is(.one, .other)` it is not said which. */
const FUNCTION = /:[a-z-]+\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)/g

function needsOf(selector: string): string[] {
  const plain = selector.replace(FUNCTION, '')
  return [
    ...[...plain.matchAll(/\.(-?[_a-z][\w-]*)/gi)].map(([, name = '']) => name),
    ...[...plain.matchAll(/\[(data-v-[\da-z]+)\]/g)].map(([, scope = '']) => scope),
    ...selector.includes('[data-theme=') && /\[data-theme=["']?dark["']?\]/.test(selector) ? [DARK] : [],
  ]
}
