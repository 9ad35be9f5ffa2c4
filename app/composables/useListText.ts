/** Lists in words, by the rules of the language. */
export function useListText() {
  const { locale } = useI18n()
  return (items: readonly string[]) => new Intl.ListFormat(locale.value, { type: 'unit', style: 'short' }).format(items)
}
