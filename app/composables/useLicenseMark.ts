import { useI18n } from '#imports'
import { computed } from 'vue'
import { isWell } from '~/license/well'
import { useDiagnosticsStore } from '~/stores/diagnostics'
import { useLicenseStore } from '~/stores/license'

/** The mark beside *License* in the menu: red while features are off that should be on, orange while something is wrong. */
export function useLicenseMark() {
  const license = useLicenseStore()
  const diagnostics = useDiagnosticsStore()
  const { t } = useI18n()
  return computed(() => {
    const { view } = license
    if (!view || view.state === 'unlicensed') return null
    if (!view.entitled) return { tone: 'red' as const, text: t(`states.${view.state}`) }
    const isQuiet = isWell(view) && diagnostics.disagreeAbout.length === 0
    return isQuiet && view.state !== 'grace' ? null : { tone: 'orange' as const, text: t('nav.attention') }
  })
}
