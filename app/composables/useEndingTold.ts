import { watch } from 'vue'
import { useSessionStore } from '~/stores/session'

/** Lets the layout know that the page says that the session has ended: whoever reads that what they entered stays must find it here. */
export function useEndingTold(tells: () => boolean) {
  const session = useSessionStore()
  watch(tells, (isTold, _before, onCleanup) => {
    if (import.meta.server || !isTold) return
    session.endingsTold++
    onCleanup(() => { session.endingsTold-- })
  }, { immediate: true })
}
