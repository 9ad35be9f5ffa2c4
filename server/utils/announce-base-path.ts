import { readBasePath } from './config.ts'

/*
 * Runs before everything else of the server: the addresses of assets are made when their modules are loaded, and of all that
 * the framework's own settings decide this alone follows from ours. NITRO_ is the prefix that wins over any other.
 */
process.env.NITRO_APP_BASE_URL = readBasePath(process.env)
