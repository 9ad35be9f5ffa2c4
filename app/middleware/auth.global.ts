import { sameSitePath } from '~/api/next-path'

const PUBLIC: ReadonlySet<unknown> = new Set(['login', 'setup'])

export default defineNuxtRouteMiddleware(async (to) => {
  // The server has decided already, and the error page is being hydrated.
  if (useNuxtApp().isHydrating && useError().value) return
  // There is no such page, for anybody; nothing has to be asked for that.
  if (to.name === 'path') return
  const session = useSessionStore()
  if (!session.known) await session.load()
  if (PUBLIC.has(to.name)) {
    return session.user && to.name === 'login' ? navigateTo(sameSitePath(to.query.next)) : undefined
  }
  if (session.failure) {
    throw createError({
      status: session.failure.status || 503, fatal: true,
      data: { code: session.failure.code, reference: session.failure.reference },
    })
  }
  if (!session.user) return navigateTo({ path: '/login', query: { next: to.fullPath } })
})
