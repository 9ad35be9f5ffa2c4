import { useI18n } from '#imports'

/** The name of a limit in the page's language, or as the license has it where this version has no name for it. */
export function useLimitName() {
  const { t, te } = useI18n()
  return (name: string) => te(`limits.${name}`) ? t(`limits.${name}`) : name
}
