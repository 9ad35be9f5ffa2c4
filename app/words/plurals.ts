import { LANGUAGES } from './languages.ts'

const ORDER: readonly Intl.LDMLPluralRule[] = ['zero', 'one', 'two', 'few', 'many', 'other']

/** Picks a message's plural form by the language's own rules; forms are in the order of CLDR's categories. */
function rule(locale: string) {
  const rules = new Intl.PluralRules(locale)
  const categories = ORDER.filter(category => rules.resolvedOptions().pluralCategories.includes(category))
  // Where a form is missing ("many" in French), use the last one.
  return (count: number, forms: number) => Math.min(categories.indexOf(rules.select(count)), forms - 1)
}

export default { pluralRules: Object.fromEntries(LANGUAGES.map(({ code }) => [code, rule(code)])) }
