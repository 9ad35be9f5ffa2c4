import { sameSitePath, SET_UP } from '~/api/next-path'

const PUBLIC: ReadonlySet<unknown> = new Set(['login', 'setup'])

export default defineNuxtRouteMiddleware(async (to) => {
  // An error page is shown as it is, whether or not anybody is signed in.
  const isHydrating = useNuxtApp().isHydrating === true
  if ((import.meta.server || isHydrating) && useError().value) return
  // A page that doesn't exist needs no session to say so.
  if (to.name === 'path') return
  const session = useSessionStore()
  if (!session.known) await session.load()
  if (PUBLIC.has(to.name)) {
    if (session.user && to.name === 'login') return navigateTo(sameSitePath(to.query.next))
    if (!isHydrating) await session.loadSetup()
    return to.name === 'setup' && session.setupPending === false ? navigateTo(SET_UP) : undefined
  }
  if (session.failure) {
    throw createError({
      // Only a fatal error shows its page in the browser; on the server it would log a stack for what is logged already.
      status: session.failure.code === 'UNREACHABLE' ? 503 : session.failure.status, fatal: import.meta.client,
      data: { code: session.failure.code, reference: session.failure.reference, requestId: session.failure.requestId },
    })
  }
  if (!session.user) return navigateTo({ path: '/login', query: { next: to.fullPath } })
})
