import { fileURLToPath } from 'node:url'

/**
 * Lets processes that tests start by the hundred compile their code once: a start costs a quarter less, the license server's
 * half. Goes with the build.
 */
export const COMPILED = { NODE_COMPILE_CACHE: fileURLToPath(new URL('../../.output-sandbox/compiled', import.meta.url)) }
