import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import type { Failure } from '~/api/failure'
import { useApi } from '~/api/use-api'
import type { Session } from '#shared/contracts'

export const useSessionStore = defineStore('session', () => {
  const api = useApi()
  const user = ref<Session['user'] | null>(null)
  const known = ref(false)
  const failure = ref<Failure | null>(null)
  /** Whether the first administrator is still to be created; null if unknown. */
  const setupPending = ref<boolean | null>(null)
  /** How many notices on the page say that the session has ended. */
  const endingsTold = ref(0)
  const isAdmin = computed(() => user.value?.role === 'admin')

  function accept(session: Session) {
    user.value = session.user
    known.value = true
    failure.value = null
  }

  async function load() {
    const result = await api.call<Session>('/api/auth/session')
    if (result.ok) return accept(result.value)
    user.value = null
    known.value = result.failure.status === 401
    failure.value = result.failure.status === 401 ? null : result.failure
  }

  /** Asks who is signed in now; without an answer nothing changes. */
  async function look() {
    const result = await api.call<Session>('/api/auth/session')
    if (result.ok) accept(result.value)
  }

  /** Asks again who is signed in after a FORBIDDEN: the role, or the person, may have changed since the page was loaded. */
  async function recheck({ code }: Failure) {
    if (code === 'FORBIDDEN') await look()
  }

  async function enter(path: string, body: Record<string, unknown>, method: 'POST' | 'PUT' = 'POST') {
    const result = await api.call<Session>(path, { method, body })
    if (result.ok) accept(result.value)
    return result.ok ? null : result.failure
  }
  const login = (email: string, password: string) => enter('/api/auth/login', { email, password })
  async function loadSetup() {
    const result = await api.call<{ pending: boolean }>('/api/auth/setup')
    setupPending.value = result.ok ? result.value.pending : null
  }
  async function setup(token: string, email: string, password: string) {
    const refused = await enter('/api/auth/setup', { token, email, password })
    if (!refused || refused.details?.admin === 'exists') setupPending.value = false
    return refused
  }
  const changePassword = (current: string, next: string) => enter('/api/auth/password', { current, next }, 'PUT')

  async function logout() {
    const result = await api.call<null>('/api/auth/logout', { method: 'POST' })
    if (result.ok) user.value = null
    return result.ok ? null : result.failure
  }

  return { user, known, failure, endingsTold, isAdmin, setupPending, load, look, recheck, login, loadSetup, setup, changePassword, logout }
})
