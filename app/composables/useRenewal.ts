import { useI18n } from '#imports'
import { createReminder } from '~/license/reminder'
import type { LicenseView } from '#shared/contracts'
import type { Method } from '#shared/method-rules'
import { useDownload } from './useTextExport'
import { useTimeText } from './useTimeText'

const WEEKS_AHEAD = 14 * 86_400_000

/** Says how a license is renewed, and puts that into a calendar. */
export function useRenewal(view: () => LicenseView) {
  const { t } = useI18n()
  const time = useTimeText()
  const download = useDownload()

  /** A license that doesn't renew by itself needs somebody to act first. */
  function todo(method: Method) {
    const isManual = view().method === method && view().renews === false
    return t(isManual ? 'renewal.standardManual' : `renewal.${method}`)
  }
  /** Downloads an appointment two weeks ahead of expiry, but never in the past. */
  function saveReminder() {
    const { expiresAt, method, instanceId, renews } = view()
    if (!expiresAt || !method) return
    const [instance, expires] = [instanceId, time.absolute(expiresAt)]
    download('nocodb-license-renewal.ics', 'text/calendar', createReminder({
      id: `${instanceId}-${expiresAt}`,
      at: new Date(Math.max(Date.parse(expiresAt) - WEEKS_AHEAD, time.now.value)),
      made: new Date(time.now.value),
      title: t(renews ? 'renewal.icsRenewsTitle' : 'renewal.icsTitle'),
      text: renews ? t('renewal.icsRenewsText', { instance, expires }) : t('renewal.icsText', { instance, expires, do: todo(method) }),
    }))
  }
  return { todo, saveReminder }
}
