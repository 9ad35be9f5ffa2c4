import { breathe } from '~/first-paint/breathe'

/** Separates evaluating the scripts from starting the app, which would otherwise be one long task. */
export default defineNuxtPlugin({ enforce: 'pre', setup: () => breathe() })
