import { defineStore } from 'pinia'
import { ref } from 'vue'
import type { Failure, Result } from '~/api/failure'
import { useApi } from '~/api/use-api'
import type { Role, User } from '#shared/contracts'
import { useSessionStore } from './session'

export const useAccountsStore = defineStore('accounts', () => {
  const api = useApi()
  const session = useSessionStore()
  const users = ref<User[]>([])
  const failure = ref<Failure | null>(null)

  async function load() {
    const result = await api.call<{ users: User[] }>('/api/users')
    failure.value = result.ok ? null : result.failure
    if (result.ok) users.value = result.value.users
    else await session.recheck(result.failure)
  }

  async function finish(result: Result<unknown>) {
    // An account that is gone must not stay on the list.
    if (result.ok || result.failure.code === 'NOT_FOUND') await load()
    if (!result.ok) await session.recheck(result.failure)
    return result.ok ? null : result.failure
  }
  const path = (id: string) => `/api/users/${encodeURIComponent(id)}`

  const create = async (account: { email: string, password: string, role: Role }) =>
    finish(await api.call<User>('/api/users', { method: 'POST', body: account }))
  const update = async (id: string, change: { role?: Role, password?: string }) =>
    finish(await api.call<User>(path(id), { method: 'PATCH', body: change }))
  const remove = async (id: string) => finish(await api.call<null>(path(id), { method: 'DELETE' }))

  return { users, failure, load, create, update, remove }
})
