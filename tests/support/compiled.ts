import { fileURLToPath } from 'node:url'

/**
 * Caches compiled code for the processes that tests start by the hundred: the product starts in three quarters of the time, the
 * license server in half. Removed along with the build.
 */
export const COMPILED = { NODE_COMPILE_CACHE: fileURLToPath(new URL('../../.output-sandbox/compiled', import.meta.url)) }
