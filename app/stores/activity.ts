import { defineStore } from 'pinia'
import { ref } from 'vue'
import type { Failure } from '~/api/failure'
import { useApi } from '~/api/use-api'
import type { EventFilter, EventView } from '#shared/contracts'

interface Page { events: EventView[], nextBefore: number | null }

export const useActivityStore = defineStore('activity', () => {
  const api = useApi()
  const kind = ref<EventFilter | null>(null)
  const events = ref<EventView[]>([])
  const nextBefore = ref<number | null>(null)
  const loading = ref(false)
  const failure = ref<Failure | null>(null)
  let newest = 0

  /** Resolves to undefined if it failed or a newer request has overtaken it. */
  async function fetchPage(before?: number) {
    const number = ++newest
    loading.value = true
    const result = await api.call<Page>('/api/license/events', {
      query: { limit: 50, before, kind: kind.value ?? undefined },
    })
    if (number !== newest) return undefined
    loading.value = false
    failure.value = result.ok ? null : result.failure
    return result.ok ? result.value : undefined
  }

  /** Loads the newest events of a kind or group, or all for null; the previous ones stay until they arrive. */
  async function load(wanted: EventFilter | null) {
    const other = wanted !== kind.value
    kind.value = wanted
    const page = await fetchPage()
    if (page) {
      events.value = page.events
      nextBefore.value = page.nextBefore
    } else if (other && failure.value && !loading.value) {
      // Don't show events of another kind under this one's name.
      events.value = []
      nextBefore.value = null
    }
  }

  /** Appends the next page and resolves to the index of its first event; null if nothing was added. */
  async function loadMore() {
    if (nextBefore.value === null || loading.value) return null
    const page = await fetchPage(nextBefore.value)
    if (!page) return null
    const place = events.value.length
    events.value = [...events.value, ...page.events]
    nextBefore.value = page.nextBefore
    return page.events.length > 0 ? place : null
  }

  return { kind, events, nextBefore, loading, failure, load, loadMore }
})
