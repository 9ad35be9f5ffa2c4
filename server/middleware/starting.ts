import { defineEventHandler, getCookie, getRequestHeader, getRequestPath, setResponseHeaders, setResponseStatus } from 'h3'
import { getBase, isOpen } from '../utils/composition.ts'
import { RETRY_STORAGE_AFTER } from '../utils/http-error.ts'
import { STARTING_HEADERS, startingPage } from '../utils/starting-page.ts'

/** What is no page: programs ask for it, and get its own error or file. */
const NO_PAGE = /^\/(?:api|ofrep|metrics|_|\w[\w-]*\.\w+$)/

/** Until the database has been reached, every page is the one that says so and comes back by itself. */
export default defineEventHandler((event) => {
  if (isOpen() || event.method !== 'GET' || NO_PAGE.test(pathOf(getRequestPath(event)))) return
  setResponseStatus(event, 503)
  setResponseHeaders(event, { ...STARTING_HEADERS, 'cache-control': 'no-store', 'retry-after': RETRY_STORAGE_AFTER })
  return startingPage({ chosen: getCookie(event, 'nc-locale'), accepted: getRequestHeader(event, 'accept-language') }, RETRY_STORAGE_AFTER)
})

/** The path as seen from the base path. */
function pathOf(path: string): string {
  const base = getBase()?.config.basePath ?? '/'
  return path.startsWith(base) ? path.slice(base.length - 1) : path
}
