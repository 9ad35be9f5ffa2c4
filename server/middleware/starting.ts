import { defineEventHandler, getCookie, getRequestHeader, setResponseHeaders, setResponseStatus } from 'h3'
import { isOpen } from '../runtime/app.ts'
import { RETRY_STORAGE_AFTER } from '../http/http-error.ts'
import { STARTING_HEADERS, startingPage } from '../http/starting-page.ts'

/** What is no page: programs ask for it, and get an error of its own. Files have been looked for already. */
const NO_PAGE = /^\/(?:api|metrics|_)/

/** Until the database has been reached, every page is the one that says so and comes back by itself. */
export default defineEventHandler((event) => {
  if (isOpen() || event.method !== 'GET' || NO_PAGE.test(event.path)) return
  setResponseStatus(event, 503)
  setResponseHeaders(event, { ...STARTING_HEADERS, 'cache-control': 'no-store', 'retry-after': RETRY_STORAGE_AFTER })
  return startingPage({ chosen: getCookie(event, 'nc-locale'), accepted: getRequestHeader(event, 'accept-language') }, RETRY_STORAGE_AFTER)
})
