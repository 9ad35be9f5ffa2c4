import { breathe } from '~/first-paint/breathe'

/** Reading the program was one task; whatever the app does next is another. */
export default defineNuxtPlugin({ enforce: 'pre', setup: () => breathe() })
