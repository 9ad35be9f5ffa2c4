import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import type { Failure } from '~/api/failure'
import { isRecord } from '~/api/failure'
import { useApi } from '~/api/use-api'
import { useSessionStore } from './session'
import type { Diagnostics, DiagnosticsAnswer, DiagnosticStage, ReplicasView } from '#shared/contracts'
import { DIAGNOSTIC_STAGES } from '#shared/contracts'

function isStage(value: unknown): value is DiagnosticStage {
  return isRecord(value) && DIAGNOSTIC_STAGES.some(name => name === value.stage)
    && typeof value.result === 'string' && isRecord(value.facts)
}

export const useDiagnosticsStore = defineStore('diagnostics', () => {
  const api = useApi()
  const session = useSessionStore()
  const stages = ref<DiagnosticStage[]>([])
  const verdict = ref<Diagnostics['verdict'] | null>(null)
  const running = ref(false)
  const failure = ref<Failure | null>(null)
  /** ISO time by this server's clock. */
  const ranAt = ref<string | null>(null)
  /** Null where there is one process only, or none knows of others. */
  const replicas = ref<ReplicasView | null>(null)
  const disagreeAbout = computed(() => replicas.value?.disagreeAbout ?? [])

  async function run() {
    stages.value = []
    verdict.value = null
    failure.value = null
    running.value = true
    const result = await api.stream<DiagnosticsAnswer>(
      '/api/license/diagnostics', { method: 'POST' }, ({ event, data }) => {
        if (event === 'stage' && isStage(data)) stages.value = [...stages.value, data]
      })
    running.value = false
    if (!result.ok) {
      failure.value = result.failure
      await session.recheck(result.failure)
      return
    }
    replicas.value = result.value.replicas ?? null
    show(result.value)
  }

  /** Shows the last run that anybody made, unless one is shown already. */
  async function loadLast() {
    const mayShow = () => verdict.value === null && !running.value
    if (!mayShow()) return
    const answer = await ask()
    if (answer?.last && mayShow()) show(answer.last)
  }

  /** Looks again at the processes that share the database; what was seen last stays if nobody answers. */
  async function loadReplicas() {
    await ask()
  }

  async function ask() {
    const result = await api.call<{ last: Diagnostics | null, replicas?: ReplicasView }>('/api/license/diagnostics')
    if (!result.ok) return null
    replicas.value = result.value.replicas ?? null
    return result.value
  }

  function show(result: Diagnostics) {
    verdict.value = result.verdict
    ranAt.value = result.ranAt
    stages.value = result.stages
  }

  return { order: DIAGNOSTIC_STAGES, stages, verdict, running, failure, ranAt, replicas, disagreeAbout, run, loadLast, loadReplicas }
})
