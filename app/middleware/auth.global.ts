import { sameSitePath } from '~/api/next-path'

const PUBLIC: ReadonlySet<unknown> = new Set(['login', 'setup'])

export default defineNuxtRouteMiddleware(async (to) => {
  // An error page is being rendered, or hydrated: it says what it says, to whoever is not signed in too.
  if ((import.meta.server || useNuxtApp().isHydrating) && useError().value) return
  // There is no such page, for anybody; nothing has to be asked for that.
  if (to.name === 'path') return
  const session = useSessionStore()
  if (!session.known) await session.load()
  if (PUBLIC.has(to.name)) {
    return session.user && to.name === 'login' ? navigateTo(sameSitePath(to.query.next)) : undefined
  }
  if (session.failure) {
    throw createError({
      // In the browser it has to be said to show; on the server it would only make a stack in the log of what is logged already.
      status: session.failure.status || 503, fatal: import.meta.client,
      data: { code: session.failure.code, reference: session.failure.reference, requestId: session.failure.requestId },
    })
  }
  if (!session.user) return navigateTo({ path: '/login', query: { next: to.fullPath } })
})
