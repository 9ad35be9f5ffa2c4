import { defineEventHandler, getCookie, getRequestHeader, setResponseHeaders, setResponseStatus } from 'h3'
import { isOpen } from '../runtime/app.ts'
import { RETRY_STORAGE_AFTER } from '../http/http-error.ts'
import { STARTING_HEADERS, startingPage } from '../http/starting-page.ts'

/** Not pages: programs call these, and get an error they can read. Files have been served already. */
const NO_PAGE = /^\/(?:api|metrics|_)/

/** Until the database has been reached, answers every page with one that says so and reloads by itself. */
export default defineEventHandler((event) => {
  if (isOpen() || event.method !== 'GET' || NO_PAGE.test(event.path)) return
  setResponseStatus(event, 503)
  setResponseHeaders(event, { ...STARTING_HEADERS, 'cache-control': 'no-store', 'retry-after': RETRY_STORAGE_AFTER })
  return startingPage({ chosen: getCookie(event, 'nc-locale'), accepted: getRequestHeader(event, 'accept-language') }, RETRY_STORAGE_AFTER)
})
