import { useI18n } from '#imports'
import { computed } from 'vue'
import { featuresEndAt } from '~/license/features-end'
import { isEndedByClock } from '~/license/fitting-errors'
import { useLicenseStore } from '~/stores/license'
import type { LicenseView } from '#shared/contracts'
import { useTextCookie } from './useTextCookie'
import { useTimeText } from './useTimeText'

const DAY = 86_400_000
const WEEK = 7 * DAY
const STEPS = [1, 7, 14, 30]

/**
 * The banner about what somebody must act on: features that are off, which stays, or a deadline, shown 30, 14, 7 and 1 days ahead.
 * When dismissed, the latter stays away for a week, or until the next of these steps.
 */
export function useDeadlineBanner() {
  const license = useLicenseStore()
  const { t } = useI18n()
  const time = useTimeText()
  const putOff = useTextCookie('nc-banner-later', WEEK / 1000)

  const banner = computed(() => {
    const view = license.view
    if (!view || view.state === 'unlicensed') return null
    return view.entitled ? bannerOfDeadline(view) : bannerOfState(view)
  })
  function bannerOfState(view: LicenseView) {
    const headline = t(`status.headline.${isEndedByClock(view) ? 'endedByClock' : view.state}`)
    return { id: view.state, state: view.state, code: null, tone: 'red' as const, later: null, to: '/admin/license', text: t('banner.off', { headline }) }
  }
  function bannerOfDeadline(view: LicenseView) {
    const expires = view.warnings.some(warning => warning.code === 'EXPIRES_SOON') ? view.expiresAt : null
    const kind = view.state === 'grace' ? 'grace' : 'expires'
    const deadline = kind === 'grace' ? featuresEndAt(view) : expires
    if (!deadline) return null
    const days = (Date.parse(deadline) - time.now.value) / DAY
    const step = STEPS.find(limit => days <= limit)
    if (step === undefined) return null
    return {
      id: `${kind}-${deadline}-${step}`, tone: step <= 1 ? 'red' as const : 'orange' as const,
      // In the last week it can be dismissed until the next step; on the last day it can't be.
      later: step > 7 ? t('banner.later') : step > 1 ? t('banner.laterDay') : null,
      to: '/admin/license', state: view.state, code: kind === 'expires' ? 'EXPIRES_SOON' as const : null,
      text: t(`banner.${kind}`, { relative: time.relative(deadline), date: time.absolute(deadline) }),
    }
  }
  const shown = computed(() => banner.value && (banner.value.later === null || banner.value.id !== putOff.value) ? banner.value : null)
  function later() {
    putOff.value = banner.value?.id ?? ''
  }
  return { shown, later }
}
