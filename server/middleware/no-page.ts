import { defineEventHandler } from 'h3'
import { TOP_LEVEL } from '../runtime/base-path.ts'
import { answerUnrouted } from '../http/http-error.ts'

/* Files, and paths that frameworks reserve. No page has such an address. */
const NO_PAGE = /\/(?:_|\.)|\.\w+$/
const ROUTES = /^\/api\/|^\/metrics$/i

/**
 * Answers 404 at once, without rendering anything, to unknown files and to unknown paths that no person is looking at. Files
 * that the build has are served before this runs.
 */
export default defineEventHandler((event) => {
  const [path = ''] = event.path.split('?')
  // This server's own request for its error page.
  if (event.node.req.headers['x-nuxt-error'] !== undefined || ROUTES.test(path)) return undefined
  const isUnknown = !TOP_LEVEL.has(path.split('/')[1]?.toLowerCase() ?? '') && !/\btext\/html\b/.test(event.node.req.headers.accept ?? '')
  return isUnknown || NO_PAGE.test(path) ? answerUnrouted(event) : undefined
})
