import { fileURLToPath } from 'node:url'

/** Where the pictures go; git does not keep it. */
export const SHOTS = fileURLToPath(new URL('./shots', import.meta.url))
