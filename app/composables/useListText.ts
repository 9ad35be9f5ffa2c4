import { useI18n } from '#imports'

/** Joins a list by the rules of the page's language. */
export function useListText() {
  const { locale } = useI18n()
  return (items: readonly string[]) => new Intl.ListFormat(locale.value, { type: 'unit', style: 'short' }).format(items)
}
