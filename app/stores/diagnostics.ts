import { defineStore } from 'pinia'
import { ref } from 'vue'
import type { Failure } from '~/api/failure'
import { isRecord } from '~/api/failure'
import { useApi } from '~/api/use-api'
import { useNow } from './now'
import { useSessionStore } from './session'
import type { DiagnosticStage } from '#shared/contracts'
import { DIAGNOSTIC_STAGES } from '#shared/contracts'

function isStage(value: unknown): value is DiagnosticStage {
  return isRecord(value) && DIAGNOSTIC_STAGES.some(name => name === value.stage)
    && typeof value.result === 'string' && isRecord(value.facts)
}

export const useDiagnosticsStore = defineStore('diagnostics', () => {
  const api = useApi()
  const now = useNow()
  const session = useSessionStore()
  const stages = ref<DiagnosticStage[]>([])
  const ok = ref<boolean | null>(null)
  const running = ref(false)
  const failure = ref<Failure | null>(null)
  /** ISO time by this server's clock. */
  const ranAt = ref<string | null>(null)

  async function run() {
    stages.value = []
    ok.value = null
    failure.value = null
    running.value = true
    const result = await api.stream<{ ok: boolean, stages: DiagnosticStage[] }>(
      '/api/license/diagnostics', { method: 'POST' }, ({ event, data }) => {
        if (event === 'stage' && isStage(data)) stages.value = [...stages.value, data]
      })
    running.value = false
    if (!result.ok) {
      failure.value = result.failure
      await session.recheck(result.failure)
      return
    }
    ok.value = result.value.ok
    ranAt.value = new Date(now.value || Date.now()).toISOString()
    stages.value = result.value.stages
  }

  return { order: DIAGNOSTIC_STAGES, stages, ok, running, failure, ranAt, run }
})
