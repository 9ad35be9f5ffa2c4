import { defineEventHandler } from 'h3'
import { TOP_LEVEL } from '../utils/base-path.ts'
import { answerUnrouted } from '../utils/unrouted.ts'

/* Names that no page has: the framework's own, and files with a dot in front. */
const NO_PAGE = /^\/+[_.]|\/_payload\.json$/
/* Which of them are served: words, and the error page, when this server asks itself for it. */
const WORDS = /^\/_i18n\/[^/]+\/[^/]+\/messages\.json$/

/**
 * What stands where assets and parts of pages do and is none of this build's, and whatever nobody looks at who asks for an
 * unknown page: answered at once, without rendering anything.
 */
export default defineEventHandler((event) => {
  const { headers } = event.node.req
  const [path = ''] = event.path.split('?')
  if (headers['x-nuxt-error'] !== undefined || WORDS.test(path)) return undefined
  const isUnknown = !TOP_LEVEL.has(path.split('/')[1]?.toLowerCase() ?? '') && !/\btext\/html\b/.test(headers.accept ?? '')
  return isUnknown || NO_PAGE.test(path) ? answerUnrouted(event) : undefined
})
