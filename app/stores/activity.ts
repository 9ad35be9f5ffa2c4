import { defineStore } from 'pinia'
import type { Failure } from '~/api/failure'
import type { EventView } from '#shared/license'

interface Page { events: EventView[], nextBefore: number | null }

export const useActivityStore = defineStore('activity', () => {
  const api = useApi()
  const events = ref<EventView[]>([])
  const nextBefore = ref<number | null>(null)
  const loading = ref(false)
  const failure = ref<Failure | null>(null)

  async function fetchPage(before?: number) {
    loading.value = true
    const result = await api.call<Page>('/api/license/events', { query: { limit: 50, before } })
    loading.value = false
    failure.value = result.ok ? null : result.failure
    return result.ok ? result.value : undefined
  }

  async function load() {
    const page = await fetchPage()
    if (!page) return
    events.value = page.events
    nextBefore.value = page.nextBefore
  }

  async function loadMore() {
    if (nextBefore.value === null || loading.value) return
    const page = await fetchPage(nextBefore.value)
    if (!page) return
    events.value = [...events.value, ...page.events]
    nextBefore.value = page.nextBefore
  }

  return { events, nextBefore, loading, failure, load, loadMore }
})
