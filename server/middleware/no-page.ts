import { defineEventHandler, getRequestURL } from 'h3'
import { LicenseError } from '../license/errors.ts'
import type { ErrorBody } from '../utils/http-error.ts'
import { answerError } from '../utils/http-error.ts'

/** Files of a build, and what frameworks keep under names of their own. Nuxt renders its error page by a request to itself. */
const NO_PAGE = /\/(?:_(?!_nuxt_error$)|\.)|\.\w+$/
const ROUTES = /\/(?:api\/|metrics$)/

/**
 * An address of a file that this build does not have, asked for after the build's own files have been looked through: 404 at
 * once. No page has such an address, so none is rendered, and nobody is sent to the sign-in page for a script.
 */
export default defineEventHandler((event): ErrorBody | undefined => {
  const { pathname } = getRequestURL(event)
  if (!NO_PAGE.test(pathname) || ROUTES.test(pathname)) return undefined
  return answerError(event, new LicenseError('NOT_FOUND'))
})
