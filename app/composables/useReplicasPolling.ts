import { onBeforeUnmount, onMounted } from 'vue'
import { useDiagnosticsStore } from '~/stores/diagnostics'

const EVERY = 15_000

/** Keeps what is known of the replicas current while the page is visible. Of a process that was alone as the page came, it asks nothing. */
export function useReplicasPolling() {
  const diagnostics = useDiagnosticsStore()
  let poll: ReturnType<typeof setInterval> | undefined

  function look() {
    // What a run answers is newer than what is asked for meanwhile.
    if (diagnostics.replicas !== null && document.visibilityState !== 'hidden' && !diagnostics.running) void diagnostics.loadReplicas()
  }
  onMounted(() => {
    poll = setInterval(look, EVERY)
    document.addEventListener('visibilitychange', look)
  })
  onBeforeUnmount(() => {
    clearInterval(poll)
    document.removeEventListener('visibilitychange', look)
  })
}
