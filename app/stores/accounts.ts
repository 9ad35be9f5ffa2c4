import { defineStore } from 'pinia'
import type { Failure, Result } from '~/api/failure'
import type { Role, User } from '#shared/contracts'

export const useAccountsStore = defineStore('accounts', () => {
  const api = useApi()
  const users = ref<User[]>([])
  const failure = ref<Failure | null>(null)

  async function load() {
    const result = await api.call<{ users: User[] }>('/api/users')
    failure.value = result.ok ? null : result.failure
    if (result.ok) users.value = result.value.users
  }

  async function settle(result: Result<unknown>) {
    // What is not there any more must not stay on the list.
    if (result.ok || result.failure.code === 'NOT_FOUND') await load()
    return result.ok ? null : result.failure
  }
  const path = (id: string) => `/api/users/${encodeURIComponent(id)}`

  const create = async (account: { email: string, password: string, role: Role }) =>
    settle(await api.call<User>('/api/users', { method: 'POST', body: account }))
  const update = async (id: string, change: { role?: Role, password?: string }) =>
    settle(await api.call<User>(path(id), { method: 'PATCH', body: change }))
  const remove = async (id: string) => settle(await api.call<null>(path(id), { method: 'DELETE' }))

  return { users, failure, load, create, update, remove }
})
