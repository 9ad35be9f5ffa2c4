import { LANGUAGES } from './languages.ts'

const ORDER: readonly Intl.LDMLPluralRule[] = ['zero', 'one', 'two', 'few', 'many', 'other']

/** Picks the form of a message by the language's own rules; forms stand in the order of CLDR's categories. */
function rule(locale: string) {
  const rules = new Intl.PluralRules(locale)
  const categories = ORDER.filter(category => rules.resolvedOptions().pluralCategories.includes(category))
  // Where a form is left out ("many" in French), the last one serves.
  return (count: number, forms: number) => Math.min(categories.indexOf(rules.select(count)), forms - 1)
}

export default { pluralRules: Object.fromEntries(LANGUAGES.map(({ code }) => [code, rule(code)])) }
