import { breathe } from '../first-paint/breathe'
/** The program has been read; what it does next is a task of its own. */
export default defineNuxtPlugin({ enforce: 'pre', setup: () => breathe() })
