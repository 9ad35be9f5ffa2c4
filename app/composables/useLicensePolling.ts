import { onBeforeUnmount, onMounted, watch } from 'vue'
import { useLicenseStore } from '~/stores/license'
import { useNow } from '~/stores/now'
import { useSessionStore } from '~/stores/session'
import type { LicenseView } from '#shared/contracts'

const SLOW = 15_000
const FAST = 1000
const HOUR = 3_600_000

function isNear(iso: string | null | undefined, now: number) {
  return typeof iso === 'string' && Math.abs(Date.parse(iso) - now) <= 10_000
}

/** How long to wait before asking for the license again, ms: briefly when something is about to happen. */
function pause(view: LicenseView | null, now: number): number {
  if (!view) return SLOW
  // The operator's key is applied moments after a start.
  if (view.managedByEnv && view.state === 'unlicensed' && !view.warnings.some(({ code }) => code === 'ENV_DIFFERS')) return FAST
  const { issuedAt, graceEndsAt, state } = view
  const isShort = issuedAt !== null && graceEndsAt !== null && Date.parse(graceEndsAt) - Date.parse(issuedAt) < HOUR
  if (isShort && (state === 'grace' || state === 'paused')) return FAST
  return [graceEndsAt, view.expiresAt, view.checkIn?.nextAt].some(deadline => isNear(deadline, now)) ? FAST : SLOW
}

/** Keeps the license and the clock current while the page is visible, and checks who is signed in when it becomes visible again. */
export function useLicensePolling() {
  const license = useLicenseStore()
  const session = useSessionStore()
  const now = useNow()
  let poll: ReturnType<typeof setTimeout> | undefined
  let tick: ReturnType<typeof setInterval> | undefined
  let stopped = false

  async function ask() {
    clearTimeout(poll)
    if (document.visibilityState === 'hidden') return
    if (license.busy === null) await license.refresh()
    schedule()
  }
  function schedule() {
    clearTimeout(poll)
    if (!stopped) poll = setTimeout(() => void ask(), pause(license.view, now.value))
  }
  function onVisibility() {
    if (document.visibilityState === 'hidden') return
    // Somebody else may have signed in in another tab.
    void session.look()
    void ask()
  }

  onMounted(() => {
    // On the first page only: by the time another page is left for this one, the answer is old.
    if (license.view) license.clockOffset ??= Date.parse(license.view.serverTime) - Date.now()
    tick = setInterval(() => { now.value = Date.now() + (license.clockOffset ?? 0) }, FAST)
    document.addEventListener('visibilitychange', onVisibility)
    schedule()
  })
  // A check-in may have come close during a slow wait.
  watch(() => pause(license.view, now.value), (next, before) => {
    if (next < before && import.meta.client) schedule()
  })
  onBeforeUnmount(() => {
    stopped = true
    clearTimeout(poll)
    clearInterval(tick)
    document.removeEventListener('visibilitychange', onVisibility)
  })
}
