import { defineEventHandler } from 'h3'
import { TOP_LEVEL } from '../runtime/base-path.ts'
import { answerUnrouted } from '../http/http-error.ts'

/* Files, and what frameworks keep under names of their own: no page has such an address. */
const NO_PAGE = /\/(?:_|\.)|\.\w+$/
const ROUTES = /^\/api\/|^\/metrics$/i

/**
 * What stands where assets and parts of pages do and is none of this build's, and whatever nobody looks at who asks for an
 * unknown page: answered at once, after the build's own files have been looked through, and without rendering anything.
 */
export default defineEventHandler((event) => {
  const [path = ''] = event.path.split('?')
  // The error page, when this server asks itself for it.
  if (event.node.req.headers['x-nuxt-error'] !== undefined || ROUTES.test(path)) return undefined
  const isUnknown = !TOP_LEVEL.has(path.split('/')[1]?.toLowerCase() ?? '') && !/\btext\/html\b/.test(event.node.req.headers.accept ?? '')
  return isUnknown || NO_PAGE.test(path) ? answerUnrouted(event) : undefined
})
