import { useI18n } from '#imports'

/** The name of a feature in the page's language, or as the license has it where this version has no name for it. */
export function useFeatureName() {
  const { t, te } = useI18n()
  return (name: string) => te(`features.${name}`) ? t(`features.${name}`) : name
}
