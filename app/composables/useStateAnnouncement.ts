/** What a screen reader is told when the license's state changes while the page is open. */
export function useStateAnnouncement() {
  const license = useLicenseStore()
  const { t } = useI18n()
  const announcement = ref('')
  watch(() => license.view?.state, (state, before) => {
    if (!state || !before) return
    announcement.value = t('status.announce', { headline: t(`status.headline.${state}`) })
  })
  return { announcement }
}
